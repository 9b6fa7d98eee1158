/** Processor time of this process by kind of thread, as the kernel counts it. Linux only; else zeros. */
import { readFileSync, readdirSync } from 'node:fs';

/** Milliseconds. */
export interface ThreadTimes {
  readonly main: number;
  /** libuv's: digests, signatures, files. */
  readonly pool: number;
  /** V8's: compiling and collecting garbage. */
  readonly engine: number;
  /** Worker threads: verification. */
  readonly workers: number;
}

const KINDS: readonly (readonly [RegExp, Exclude<keyof ThreadTimes, 'main'>])[] = [
  [/^libuv-worker/, 'pool'],
  [/^(V8Worker|node-V8Worker|SignalInspector|DelayedTaskSche)/, 'engine'],
];

export function threadTimes(): ThreadTimes {
  const times = { main: 0, pool: 0, engine: 0, workers: 0 };
  for (const tid of list('/proc/self/task')) {
    const name = text(`/proc/self/task/${tid}/comm`).trim();
    // The first number of schedstat is nanoseconds on a processor (proc(5)).
    const ms = Number(text(`/proc/self/task/${tid}/schedstat`).split(' ')[0]) / 1e6;
    const kind =
      Number(tid) === process.pid
        ? 'main'
        : (KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'workers');
    times[kind] += ms;
  }
  return times;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A thread may end at any time. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '0';
  }
}
