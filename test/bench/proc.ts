/** What the kernel tells of processes and threads (proc(5)). They may end at any time, and other systems have no such folder. */
import { readFileSync, readdirSync } from 'node:fs';

/** Names in a folder below /proc; none where it is gone. */
export function procNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty where it is gone. */
export function procText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Folders of a process's threads. */
export function tasksOf(pid: number): string[] {
  return procNames(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`);
}

/** The name of a thread, which Linux cuts to 15 characters. */
export function taskName(task: string): string {
  return procText(`${task}/comm`).trim();
}

/** The most memory that this process has had resident, in bytes. `maxRSS` counts what its parent had at the fork. */
export function peakBytes(): number {
  const kib = /^VmHWM:\s*(\d+) kB$/m.exec(procText('/proc/self/status'))?.[1];
  return 1024 * Number(kib ?? process.resourceUsage().maxRSS);
}

/** Milliseconds on a processor so far: the first number of schedstat, in nanoseconds. */
export function taskMs(task: string): number {
  return Number(procText(`${task}/schedstat`).split(' ')[0]) / 1e6;
}
