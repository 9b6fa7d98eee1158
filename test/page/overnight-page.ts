/** In the browser: what overnight work needs of it, as the page uses it. */
import { STOPPED } from '../../src/contributor/api.ts';
import { systemClock } from '../../src/core/clock.ts';
import { appBadge } from '../../src/page/badge.ts';
import { browserScope } from '../../src/page/browser-scope.ts';
import { keepOffline } from '../../src/page/install.ts';
import { Lifecycle } from '../../src/page/lifecycle.ts';
import { type BrowserSignals, watchSignals } from '../../src/page/signals.ts';
import { TabChannel } from '../../src/page/tab-channel.ts';
import { TabLock, type TabLockState } from '../../src/page/tab-lock.ts';
import { QuietTone } from '../../src/page/tone.ts';
import type { ServiceWorkersLike } from '../../src/page/update.ts';
import { ScreenAwake } from '../../src/page/wake-lock.ts';

const scope = browserScope(globalThis);
const commands: string[] = [];
const lock = new TabLock(scope.navigator.locks);
const channel = new TabChannel(scope, lock, {
  onLeader: () => {},
  onCommand: (command) => commands.push(command),
});
let wakes = 0;
const lifecycle = new Lifecycle({
  scope,
  clock: systemClock,
  api: () => new URL('./v1/', location.href).href,
  actions: { wake: () => (wakes += 1), start: () => {}, stop: () => {} },
});
const heard: BrowserSignals[] = [];
const watch = watchSignals(scope, systemClock, (signals) => heard.push(signals), {
  onMoment: lifecycle.onMoment,
});
const awake = new ScreenAwake(scope);
const tone = new QuietTone(scope);

export const take = (): Promise<TabLockState> => lock.take();
export const release = (): void => lock.release();
export const lockState = (): TabLockState => lock.state;

/** Bigints do not cross the driver's connection. */
export const leader = () => ({
  stage: channel.leader?.status.stage ?? null,
  microcredits: String(channel.leader?.status.microcredits),
  paused: channel.leader?.paused ?? null,
});
export const tell = (microcredits: string): void =>
  channel.tell({
    status: { ...STOPPED, stage: 'computing', microcredits: BigInt(microcredits) },
    paused: false,
  });
export const press = (): void => channel.command('pause');
export const pressed = (): readonly string[] => commands;

export const signals = (): BrowserSignals => watch.current;
export const stopSignals = (): number => {
  watch.stop();
  return heard.length;
};

export function keepAwake(): void {
  awake.want(true);
}
export const awakeState = (): string => awake.state;
/** On the next click: sounds need one. */
export function toneOnClick(): void {
  document.addEventListener('click', () => tone.start(), { once: true });
}
export const toneState = (): string => tone.state;
export const stopTone = (): void => tone.stop();
export const badge = (): void => appBadge(scope)(3);

/** What a page that contributes does with its moments. */
export function work(peerId: string, leases: readonly string[]): void {
  lifecycle.started();
  lifecycle.onStatus({ ...STOPPED, stage: 'computing', peerId, leases });
}
export const woken = (): number => wakes;

/** Resolves when what the page consists of is kept. */
export async function install(): Promise<boolean> {
  const workers = navigator.serviceWorker as unknown as ServiceWorkersLike;
  const registration = await keepOffline(workers, location.href);
  await navigator.serviceWorker.ready;
  return registration !== undefined;
}

export const kept = async (): Promise<string[]> => {
  const names = await caches.keys();
  const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return all.flat().map(({ url }) => new URL(url).pathname);
};

export const get = async (path: string): Promise<string> => {
  try {
    return await (await fetch(path)).text();
  } catch {
    return 'no network';
  }
};
