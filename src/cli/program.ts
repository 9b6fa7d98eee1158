/** The commands and their options. Each command's code is loaded when it runs: `--help` answers at once. */
import { Command, Option } from 'commander';
import { type AuditCommands, addAudit, realAuditCommands } from './audit-command.ts';
import { DEFAULT_DATA } from './connection.ts';
import type { Context } from './context.ts';
import {
  type CreditCommands,
  addCredit,
  addStatement,
  microcredits,
  realCreditCommands,
} from './credit-commands.ts';
import { type JobCommands, addJobs, realJobCommands } from './job-commands.ts';
import { type MultiplyCommands, addEstimate, addMultiply, realMultiplyCommands } from './multiply-command.ts';
import { type OperatorCommands, addOperator, realOperatorCommands } from './operator-commands.ts';
import { byteCount, duration, wholeNumber } from './quantities.ts';
import { type SiteCommands, addSite, realSiteCommands } from './site-commands.ts';
import { type TokenCommands, addToken, realTokenCommands } from './token-commands.ts';

/** What commands do; tests put their own in place. */
export interface Commands
  extends
    AuditCommands,
    CreditCommands,
    JobCommands,
    MultiplyCommands,
    OperatorCommands,
    SiteCommands,
    TokenCommands {
  start(options: import('./start.ts').StartOptions, context: Context): Promise<void>;
  contribute(options: import('./contribute.ts').ContributeOptions, context: Context): Promise<void>;
  demo(options: import('./demo.ts').DemoOptions, context: Context): Promise<void>;
}

export const realCommands: Commands = {
  ...realAuditCommands,
  ...realCreditCommands,
  ...realJobCommands,
  ...realMultiplyCommands,
  ...realOperatorCommands,
  ...realSiteCommands,
  ...realTokenCommands,
  start: async (options, context) => (await import('./start.ts')).start(options, context),
  contribute: async (options, context) => (await import('./contribute.ts')).contribute(options, context),
  demo: async (options, context) => (await import('./demo.ts')).demo(options, context),
};

const MAX_PORT = 65_535;
const MAX_TABS = 64;
/** Percent; see LEAST_SHARE in src/gpu/duty.ts. */
const LEAST_INTENSITY = 5;

const EXAMPLES = `
  npm start                                               a coordinator with its page
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
  program
    .command('demo')
    .description('classify handwritten digits with two headless contributors, and check everything')
    .option('--json', 'end with one line of JSON', false)
    .action((options: { json: boolean }) => commands.demo(options, context()));
  return program;
}

const START_NOTES = `
DATABASE_URL names a PostgreSQL to use instead of the embedded database.
Blocks at an S3 address are reached with the credentials of the AWS environment (AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role); endpoint names a store other than Amazon's.`;

function addStart(program: Command, context: () => Context, commands: Commands): void {
  program
    .command('start')
    .description('run a coordinator and serve its page, until Ctrl-C')
    .option('--host <host>', 'the address to listen on; 0.0.0.0 for everybody who can reach it', '127.0.0.1')
    .option('--port <number>', 'for the page and the API; 0 takes a free one', wholeNumber(0, MAX_PORT), 8080)
    .option('--peer-port <number>', 'for contributors; 0 takes a free one', wholeNumber(0, MAX_PORT), 9001)
    .option(
      '--webrtc-direct',
      'let contributors in over WebRTC as well: no domain name needed, slower',
      false,
    )
    .option(
      '--webrtc-port <number>',
      'UDP, for --webrtc-direct; 0 takes a free one',
      wholeNumber(0, MAX_PORT),
      9002,
    )
    .option('--data <folder>', 'what must survive: token, keys, operands, jobs, receipts', DEFAULT_DATA)
    .option(
      '--blocks <location>',
      'where blocks of matrices lie, if not in the data folder: another folder, or s3://bucket/prefix?endpoint=https://…&region=…',
    )
    .option('--name <network>', 'what pages call this network')
    .option(
      '--key <file>',
      'the key of a network that several coordinators share (default: the data folder’s)',
    )
    .option(
      '--announce <multiaddr...>',
      'addresses for contributors instead of the one listened on, such as /dns4/example.org/tcp/443/tls/ws',
    )
    .addOption(
      new Option(
        '--credit <mode>',
        'whether requesters pay (default: as before; open in a new network)',
      ).choices(['open', 'paid']),
    )
    .option(
      '--supply-cap <microcredits>',
      'never issue more, and halve what work mints on the way there; stands for good',
      microcredits,
    )
    .option('--operate-from <address...>', 'who reaches tokens, credit and /metrics, besides this machine')
    .option('--trust-proxy <address...>', 'the proxy in front, whose X-Forwarded-For then counts')
    .option(
      '--embed <origin...>',
      'sites whose pages may show the widget, each by its exact origin, such as https://example.org; no * (a change needs a restart)',
    )
    .option('--max-upload <size>', 'the largest file that a requester may send (default: 16GiB)', byteCount)
    .option('--upload-room <size>', 'disk for all unfinished uploads in parts (default: 64GiB)', byteCount)
    .option('--keep-results <time>', 'how long results are kept: 12h, 30d (default: for ever)', duration)
    .option(
      '--keep-operands <time>',
      'how long operands that nobody uses are kept (default: for ever)',
      duration,
    )
    .option('--no-sample', 'do not submit handwritten digits as the first job of a new network')
    .option('--json-log', 'log lines of JSON', false)
    .addHelpText('after', START_NOTES)
    .action((options: import('./start.ts').StartOptions) => commands.start(options, context()));
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
