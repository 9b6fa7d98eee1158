/** Processor time of this process by kind of thread, as the kernel counts it. Linux only; else zeros. */
import { taskMs, taskName, tasksOf } from '../proc.ts';

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
  for (const task of tasksOf(process.pid)) {
    const name = taskName(task);
    const kind = task.endsWith(`/${process.pid}`)
      ? 'main'
      : (KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'workers');
    times[kind] += taskMs(task);
  }
  return times;
}
