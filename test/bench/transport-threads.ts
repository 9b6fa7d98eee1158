/**
 * Processor time as the kernel counts it, by thread: Linux only. A profiler would slow down what it measures, and
 * counts samples; the kernel counts nanoseconds, at no cost to the thread.
 */
import { procNames, procText, taskMs, taskName, tasksOf } from './proc.ts';

/** Chromium's name for it, as Linux cuts it. */
const WORKER_THREAD = 'DedicatedWorker';

/** Milliseconds on a processor so far; NaN where the kernel does not say. */
export interface RunTimes {
  /** The thread of the browser's dedicated worker. */
  readonly workerMs: number;
  /** All threads of the browser: its sockets, hashing and garbage collection are on others. */
  readonly browserMs: number;
  /** All threads of the coordinator. */
  readonly homeMs: number;
}

export function runTimes(browserPid: number, homePid: number): RunTimes {
  const tasks = descendants(browserPid).flatMap(tasksOf);
  const worker = tasks.find((task) => taskName(task) === WORKER_THREAD);
  return {
    workerMs: worker === undefined ? Number.NaN : taskMs(worker),
    browserMs: sum(tasks),
    homeMs: sum(tasksOf(homePid)),
  };
}

const sum = (tasks: readonly string[]): number =>
  tasks.length === 0 ? Number.NaN : tasks.reduce((total, task) => total + taskMs(task), 0);

function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const pid of procNames('/proc').filter((name) => /^\d+$/.test(name))) {
    // The name of the program, in parentheses, may hold anything.
    const parent = /^.*\) \S (\d+)/s.exec(procText(`/proc/${pid}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(pid), Number(parent));
  }
  const below = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || below(parents.get(pid)));
  return Array.from(parents.keys()).filter(below);
}
