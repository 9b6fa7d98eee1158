/** The commands about jobs that were submitted: the list, results, another try, an end. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Span } from '../client/options.ts';
import { type ConnectionFlags, connecting } from './connecting.ts';
import type { Context } from './context.ts';
import type { JobOptions } from './jobs.ts';
import { duration, wholeNumber } from './quantities.ts';

export interface JobCommands {
  job(options: JobOptions, context: Context): Promise<void>;
}

export const realJobCommands: JobCommands = {
  job: async (options, context) => (await import('./jobs.ts')).job(options, context),
};

const MAX_TOP = 1000;
const RESULT_NOTES = `
  npm run tilework -- result JOB -o C.npy                          all of C, on from where a connection broke
  npm run tilework -- result JOB -o part.npy --rows 0:256 --cols 1000:
  npm run tilework -- result JOB -o best.npy --top 10              best.values.npy and best.indices.npy:
                                                                   of each row the ten largest, without fetching C`;

interface ResultFlags extends ConnectionFlags {
  readonly output: string;
  readonly rows?: Span;
  readonly cols?: Span;
  readonly top?: number;
}

export function addJobs(program: Command, context: () => Context, commands: JobCommands): void {
  const token = 'what the coordinator asks for';
  connecting(program.command('jobs'), token)
    .description('your jobs, the newest first')
    .option('--limit <number>', 'at most so many', wholeNumber(1, 1000), 20)
    .action((flags: ConnectionFlags & { limit: number }) =>
      commands.job({ action: 'list', ...flags }, context()),
    );
  connecting(program.command('result'), token)
    .description('fetch the product of a job that is done, or part of it')
    .argument('<JOB>', 'from jobs')
    .requiredOption('-o, --output <file>', 'where it goes, as .npy')
    .option('--rows <from:to>', 'these rows only, counted from 0; the last one is not included', span)
    .option('--cols <from:to>', 'these columns only', span)
    .addOption(
      new Option('--top <number>', 'of each row its so many largest entries').argParser(
        wholeNumber(1, MAX_TOP),
      ),
    )
    .addHelpText('after', RESULT_NOTES)
    .action((id: string, flags: ResultFlags) => commands.job({ action: 'result', ...flags, id }, context()));
  connecting(program.command('retry'), token)
    .description('run a job that was cancelled, failed or expired again from where it stood')
    .argument('<JOB>', 'from jobs')
    .option('--deadline <time>', 'give up after this time from now: 90m, 12h, 30d', duration)
    .action((id: string, { deadline, ...flags }: ConnectionFlags & { deadline?: number }) =>
      commands.job({ action: 'retry', ...flags, id, deadlineMs: deadline }, context()),
    );
  connecting(program.command('cancel'), token)
    .description('end a job; what was verified stays credited')
    .argument('<JOB>', 'from jobs')
    .action((id: string, flags: ConnectionFlags) =>
      commands.job({ action: 'cancel', ...flags, id }, context()),
    );
}

function span(text: string): Span {
  const [, from, to] = /^(\d{0,10}):(\d{0,10})$/.exec(text) ?? [];
  if (from === undefined || to === undefined)
    throw new InvalidArgumentError('It is a span such as 0:256, 256: or :256, counted from 0.');
  return to === '' ? [Number(from)] : [Number(from), Number(to)];
}
