/**
 * Processor time as the kernel counts it, by thread: Linux only. A profiler would slow down what it measures, and
 * counts samples; the kernel counts nanoseconds, at no cost to the thread.
 */
import { readFileSync, readdirSync } from 'node:fs';

/** The names that Chromium gives its threads, which Linux cuts to 15 characters. */
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
  const worker = tasks.find((task) => text(`${task}/comm`).trim() === WORKER_THREAD);
  return {
    workerMs: worker === undefined ? Number.NaN : runMs(worker),
    browserMs: sum(tasks),
    homeMs: sum(tasksOf(homePid)),
  };
}

const tasksOf = (pid: number): string[] => list(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`);
const sum = (tasks: readonly string[]): number =>
  tasks.length === 0 ? Number.NaN : tasks.reduce((total, task) => total + runMs(task), 0);

/** proc(5): the first number of schedstat is nanoseconds on a processor. */
const runMs = (task: string): number => Number(text(`${task}/schedstat`).split(' ')[0]) / 1e6;

function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    // The name of the program, in parentheses, may hold anything.
    const parent = /^.*\) \S (\d+)/s.exec(text(`/proc/${pid}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(pid), Number(parent));
  }
  const below = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || below(parents.get(pid)));
  return Array.from(parents.keys()).filter(below);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Processes and threads may end at any time. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
