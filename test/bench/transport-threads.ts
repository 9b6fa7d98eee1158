/**
 * Processor time of a browser's threads, as the kernel counts it: Linux only. A profiler would slow down what
 * it measures, and counts samples; the kernel counts nanoseconds, at no cost to the thread.
 */
import { readFileSync, readdirSync } from 'node:fs';

/** The names that Chromium gives its threads, which Linux cuts to 15 characters. */
const WORKER_THREAD = 'DedicatedWorker';

export interface WorkerThread {
  /** Milliseconds that the worker's thread has run so far. */
  workerMs(): number;
  /** The same of all threads of its process: hashing, garbage collection and sockets included. */
  processMs(): number;
}

/** The thread of the one dedicated worker of this browser; undefined where the kernel does not say. */
export function workerThread(browserPid: number): WorkerThread | undefined {
  for (const pid of descendants(browserPid)) {
    for (const tid of list(`/proc/${pid}/task`)) {
      const task = `/proc/${pid}/task/${tid}`;
      if (text(`${task}/comm`).trim() !== WORKER_THREAD || text(`${task}/schedstat`) === '') continue;
      return {
        workerMs: () => runMs(task),
        processMs: () =>
          list(`/proc/${pid}/task`).reduce((sum, each) => sum + runMs(`/proc/${pid}/task/${each}`), 0),
      };
    }
  }
  return undefined;
}

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
