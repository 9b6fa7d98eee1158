/**
 * One live process per folder, with nothing to clean up after kill −9. A process puts a file of its own
 * there, named by its pid and start time, and then looks for others: whoever sees a living other withdraws.
 * Since all write before they look, two can never both stay. A file of a dead process is in nobody's way:
 * its name returns never, so anyone may remove it. (Processes of another pid namespace are not seen.)
 */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';

const LOCK_NAME = /^lock-(\d+)-(\d+|unknown)-[0-9a-f]{16}$/;

/** @returns the path of the lock: remove it to release. @throws AppError 'locked' with the holder's pid */
export async function takeLock(folder: string): Promise<string> {
  const started = (await startTime(process.pid)) ?? 'unknown';
  const own = `lock-${process.pid}-${started}-${toHex(cryptoRng.bytes(8))}`;
  const path = join(folder, own);
  await writeFile(path, '', { flag: 'wx', mode: 0o600 });
  for (const name of await readdir(folder)) {
    const match = LOCK_NAME.exec(name);
    if (!match || name === own) continue;
    const pid = Number(match[1]);
    if (await isAlive(pid, match[2]!)) {
      await rm(path, { force: true });
      throw new AppError(
        'locked',
        `${folder} belongs to a running coordinator (process ${pid}): stop it, or use another folder`,
      );
    }
    await rm(join(folder, name), { force: true });
  }
  return path;
}

async function isAlive(pid: number, started: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // alive, and somebody else's
  }
  if (started === 'unknown') return true;
  const now = await startTime(pid);
  return now === started;
}

/**
 * Clock ticks from boot to the process's start (proc(5), field 22 of stat), which tells it from a later
 * process with the same pid; undefined where there is no /proc, or when it has died and only waits for its parent.
 */
async function startTime(pid: number): Promise<string | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may hold anything; the third follows it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[22 - 3];
}
