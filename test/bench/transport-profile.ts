/** Where a worker's time goes, by function: V8's sampling profiler over the DevTools protocol. */
import type { CDPSession } from 'puppeteer-core';

const SAMPLE_US = 200;
const SHOWN = 14;

export interface ProfileRow {
  readonly function: string;
  readonly 'self ms/MB': string;
}

/** The functions with most time of their own while `work` runs, waiting left out. */
export async function profileOf(
  worker: CDPSession,
  work: () => Promise<unknown>,
  megabytes: number,
): Promise<ProfileRow[]> {
  await worker.send('Profiler.enable');
  await worker.send('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  await worker.send('Profiler.start');
  await work();
  const { profile } = await worker.send('Profiler.stop');
  await worker.send('Profiler.disable');
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
