/** In the browser: what the log's memory keeps. */
import { openLogMemory } from '../../src/contributor/log-memory.ts';
import type { Remembered } from '../../src/contributor/log-watch.ts';

export async function save(coordinator: string, remembered: Remembered): Promise<void> {
  await openLogMemory().save(coordinator, remembered);
}

export async function load(coordinator: string): Promise<unknown> {
  return (await openLogMemory().load(coordinator)) ?? null;
}

/** Saves so many logs of a single leaf. */
export async function saveMany(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await save(`coordinator ${n}`, { note: String(n), waiting: [] });
}
