/** `npm run fuzz`: every type in a process of its own, two at a time, or one type, or one input again. */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { mapLimit } from '../../src/core/async.ts';
import { AppError } from '../../src/core/errors.ts';
import { type FuzzReport, fuzz, replay } from './fuzzer.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

const HELP = `npm run fuzz [-- flags]

  --type NAME          only this type (once or more); all of them without it
  --frames N           inputs for each type                                     [1000000]
  --seed S             what all of them follow from                             [1]
  --seconds T          at most this long for each type
  --json               one JSON document instead of a table
  --replay SEED:INDEX  one input of the one --type again

types: ${TARGETS.map(({ name }) => name).join(', ')}
`;

/** Each keeps one core busy. */
const PROCESSES = 2;

interface Wanted {
  readonly types: readonly string[];
  readonly frames: number;
  readonly seed: number;
  readonly seconds: number | undefined;
  readonly json: boolean;
  readonly replay: string | undefined;
}

function wantedOf(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      type: { type: 'string', multiple: true },
      frames: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string' },
      json: { type: 'boolean', default: false },
      replay: { type: 'string' },
    },
  });
  const types = values.type ?? TARGETS.map(({ name }) => name);
  const unknown = types.find((type) => !TARGETS.some(({ name }) => name === type));
  if (unknown !== undefined) throw new AppError('bad-input', `there is no type ${unknown}`);
  return {
    types,
    frames: numberOf(values.frames, '--frames'),
    seed: numberOf(values.seed, '--seed'),
    seconds: values.seconds === undefined ? undefined : numberOf(values.seconds, '--seconds'),
    json: values.json,
    replay: values.replay,
  };
}

function numberOf(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new AppError('bad-input', `${flag} must be a number, not ${text}`);
  return value;
}

async function opened<T>(type: string, work: (target: Target) => Promise<T>): Promise<T> {
  const target = await TARGETS.find(({ name }) => name === type)!.open();
  try {
    return await work(target);
  } finally {
    await target.close?.();
  }
}

/** V8 lets the young half of a heap grow to 48 MiB before it looks at it: too much to see a leak behind. */
const CHILD_FLAGS = ['--max-semi-space-size=2'];
/** glibc keeps a pool of freed memory for each thread that ever freed some, V8's sweepers among them. */
const CHILD_ENV = { MALLOC_ARENA_MAX: '1' };

/** In a process of its own, so that the memory that is measured is this type's. */
function fuzzApart(type: string, { frames, seed, seconds }: Wanted): Promise<FuzzReport | { error: string }> {
  const args = ['--type', type, '--frames', `${frames}`, '--seed', `${seed}`, '--json'];
  if (seconds !== undefined) args.push('--seconds', `${seconds}`);
  return new Promise((resolve) => {
    const child = fork(import.meta.filename, args, {
      silent: true,
      execArgv: CHILD_FLAGS,
      env: { ...process.env, ...CHILD_ENV },
    });
    child.on('message', (done: number) => process.stderr.write(`${type}: ${done} of ${frames}\n`));
    let out = '';
    let err = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('close', (code) => {
      const report = code === 0 ? (JSON.parse(out) as { types: FuzzReport[] }).types[0] : undefined;
      resolve(report ?? { error: err || `the process ended with ${code}` });
    });
  });
}

async function run(wanted: Wanted): Promise<void> {
  const { types, json } = wanted;
  if (wanted.replay !== undefined) {
    const [seed = Number.NaN, index = Number.NaN] = wanted.replay.split(':').map(Number);
    if (types.length !== 1 || !Number.isSafeInteger(seed) || !Number.isSafeInteger(index))
      throw new AppError('bad-input', '--replay SEED:INDEX needs one --type');
    const accepted = await opened(types[0]!, (target) => replay(target, seed, index));
    process.stdout.write(
      `${types[0]} ${wanted.replay}: ${accepted ? 'accepted' : 'refused'}, as it should be\n`,
    );
    return;
  }
  const reports: FuzzReport[] = [];
  const errors: string[] = [];
  await mapLimit(types, PROCESSES, async (type) => {
    const report =
      process.send !== undefined
        ? await opened(type, (target) =>
            fuzz(target, {
              ...wanted,
              seconds: wanted.seconds ?? Infinity,
              onProgress: (done) => process.send?.(done),
            }),
          )
        : await fuzzApart(type, wanted);
    if ('error' in report) errors.push(report.error);
    else reports.push(report);
    if (!json && process.send === undefined) process.stderr.write(`${type}: done\n`);
  });
  const frames = reports.reduce((sum, report) => sum + report.frames, 0);
  if (json) {
    const summary = { fuzz: 'tilework', seed: wanted.seed, frames, crashes: errors.length, types: reports };
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  } else {
    console.table(reports);
    process.stdout.write(`${frames} inputs, ${errors.length} failures\n`);
  }
  for (const error of errors) process.stderr.write(`${error}\n`);
  process.exitCode = errors.length > 0 ? 1 : 0;
}

try {
  await run(wantedOf(process.argv.slice(2)));
} catch (error) {
  const usage =
    error instanceof AppError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE');
  process.stderr.write(`${(error as Error).message}\n${usage ? `\n${HELP}` : ''}`);
  process.exitCode = usage ? 2 : 1;
}
