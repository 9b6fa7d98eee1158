/** The commands and their options. Each command's code is loaded when it runs: `--help` answers at once. */
import { Command } from 'commander';
import { type AuditCommands, addAudit, realAuditCommands } from './audit-command.ts';
import { type BackupCommands, addBackup, realBackupCommands } from './backup-commands.ts';
import type { Context } from './context.ts';
import { type CreditCommands, addCredit, addStatement, realCreditCommands } from './credit-commands.ts';
import { type DoctorCommands, addDoctor, realDoctorCommands } from './doctor-command.ts';
import { type JobCommands, addJobs, realJobCommands } from './job-commands.ts';
import { type MultiplyCommands, addEstimate, addMultiply, realMultiplyCommands } from './multiply-command.ts';
import { type OperatorCommands, addOperator, realOperatorCommands } from './operator-commands.ts';
import { wholeNumber } from './quantities.ts';
import { type SiteCommands, addSite, realSiteCommands } from './site-commands.ts';
import { type StartCommands, addStart, realStartCommands } from './start-commands.ts';
import { type TokenCommands, addToken, realTokenCommands } from './token-commands.ts';

/** What commands do; tests put their own in place. */
export interface Commands
  extends
    AuditCommands,
    BackupCommands,
    CreditCommands,
    DoctorCommands,
    JobCommands,
    MultiplyCommands,
    OperatorCommands,
    SiteCommands,
    StartCommands,
    TokenCommands {
  contribute(options: import('./contribute.ts').ContributeOptions, context: Context): Promise<void>;
  demo(options: import('./demo.ts').DemoOptions, context: Context): Promise<void>;
}

const realCommands: Commands = {
  ...realAuditCommands,
  ...realBackupCommands,
  ...realCreditCommands,
  ...realDoctorCommands,
  ...realJobCommands,
  ...realMultiplyCommands,
  ...realOperatorCommands,
  ...realSiteCommands,
  ...realStartCommands,
  ...realTokenCommands,
  contribute: async (options, context) => (await import('./contribute.ts')).contribute(options, context),
  demo: async (options, context) => (await import('./demo.ts')).demo(options, context),
};

const MAX_TABS = 64;
/** Percent; see LEAST_SHARE in src/gpu/duty.ts. */
const LEAST_INTENSITY = 5;

const EXAMPLES = `
  npm start                                               a coordinator with its page
  npm run tilework -- serve --config tilework.json        the same for a server
  npm run tilework -- multiply A.npy B.npy -o C.npy       a product of two files
  npm run tilework -- estimate A.npy B.npy                whether that is worth sending
  npm run tilework -- jobs                                what was submitted, and how far it is
  npm run tilework -- contribute http://127.0.0.1:8080    compute without a window
  npm run demo                                            all of it, on handwritten digits
  npm run tilework -- multiply --help                     the options of a command`;

/** @param contextOf - makes what a command works with, once it is known whether to debug */
export function createProgram(
  contextOf: (debug: boolean) => Context,
  commands: Commands = realCommands,
): Command {
  const program = new Command('tilework')
    .description("Tilework turns visitors' browsers into one verified matrix multiplier.")
    .option('--debug', 'show stack traces, and everything that the coordinator logs')
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', EXAMPLES);
  const context = (): Context => contextOf(program.opts<{ debug?: boolean }>().debug ?? false);
  addStart(program, context, commands);
  addMultiply(program, context, commands);
  addEstimate(program, context, commands);
  addJobs(program, context, commands);
  addContribute(program, context, commands);
  addAudit(program, context, commands);
  addStatement(program, context, commands);
  addCredit(program, context, commands);
  addToken(program, context, commands);
  addOperator(program, context, commands);
  addSite(program, context, commands);
  addBackup(program, context, commands);
  addDoctor(program, context, commands);
  program
    .command('demo')
    .description('classify handwritten digits with two headless contributors, and check everything')
    .option('--json', 'end with one line of JSON', false)
    .action((options: { json: boolean }) => commands.demo(options, context()));
  return program;
}

function addContribute(program: Command, context: () => Context, commands: Commands): void {
  program
    .command('contribute')
    .description('contribute with headless browsers, until Ctrl-C')
    .argument('<url>', 'the page of the network')
    .option(
      '--tabs <number>',
      'how many browsers, each with an identity of its own',
      wholeNumber(1, MAX_TABS),
      1,
    )
    .option('--allow-software', 'compute on the CPU where there is no GPU', false)
    .option(
      '--intensity <percent>',
      `how much of the time the GPU may work, ${LEAST_INTENSITY} to 100 (default: 100)`,
      wholeNumber(LEAST_INTENSITY, 100),
    )
    .option('--browser <path>', 'which browser (or TILEWORK_BROWSER)')
    .action((url: string, options: Omit<import('./contribute.ts').ContributeOptions, 'url'>) =>
      commands.contribute({ ...options, url }, context()),
    );
}
