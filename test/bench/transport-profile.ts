/** Where an end's time goes, by function: V8's sampling profiler over the DevTools protocol. */
import type { Profiler } from 'node:inspector';

const SAMPLE_US = 200;
const SHOWN = 14;

export interface ProfileRow {
  readonly function: string;
  readonly 'self ms/MB': string;
}

/** What both puppeteer's sessions and Node's own inspector have. */
export type Send = (method: string, parameters?: object) => Promise<unknown>;

export async function startProfile(send: Send): Promise<void> {
  await send('Profiler.enable');
  await send('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  await send('Profiler.start');
}

/** The functions with most time of their own since the start, waiting left out. */
export async function stopProfile(send: Send, megabytes: number): Promise<ProfileRow[]> {
  const { profile } = (await send('Profiler.stop')) as { profile: Profiler.Profile };
  await send('Profiler.disable');
  const names = new Map(
    profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName || '(anonymous)'] as const),
  );
  const selfUs = new Map<string, number>();
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const name = names.get(id) ?? '';
    selfUs.set(name, (selfUs.get(name) ?? 0) + (profile.timeDeltas?.[i] ?? 0));
  }
  selfUs.delete('(idle)');
  return Array.from(selfUs)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([name, us]) => ({ function: name, 'self ms/MB': (us / 1000 / megabytes).toFixed(2) }));
}
