import { describe, expect, it } from 'vitest';
import { keepOffline } from '../../src/page/install.ts';
import { type KeptFile, outdated, pageFor, routeOf } from '../../src/page/offline.ts';
import { TAKE_OVER, type WorkerLike, watchUpdates } from '../../src/page/update.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { settle, Target } from './fake-scope.ts';

const SCOPE = 'https://site.example/tilework/';
const FILES: readonly KeptFile[] = [
  ['', 'sha256-a'],
  ['assets/index-1.js', 'sha256-b'],
  ['icon-192.png', 'sha256-c'],
  ['network.html', 'sha256-d'],
  ['offline.html', 'sha256-e'],
];

describe('a request of the page', () => {
  it.each([
    ['GET', 'navigate', '', 'page'],
    ['GET', 'navigate', '?software=allow', 'page'],
    ['GET', 'navigate', 'somewhere/else', 'page'],
    // What is kept may not be framed, and says so: a frame must get its own headers, or none at all.
    ['GET', 'navigate', '?embed', 'network'],
    ['GET', 'navigate', '?embed=1&origin=https%3A%2F%2Fsite.example', 'network'],
    ['GET', 'navigate', 'index.html?origin=x&embed', 'network'],
    ['GET', 'navigate', '?embedded=1', 'page'],
    ['GET', 'no-cors', 'assets/index-1.js', 'file'],
    ['GET', 'same-origin', 'assets/session-page-9.js', 'file'],
    ['GET', 'no-cors', 'icon-192.png', 'file'],
    ['GET', 'cors', 'coordinator.json', 'network'],
    ['GET', 'cors', 'v1/network', 'network'],
    ['GET', 'navigate', 'v1/receipts', 'network'],
    ['GET', 'cors', 'v1', 'network'],
    ['GET', 'cors', 'log/checkpoint', 'network'],
    ['GET', 'navigate', 'metrics', 'network'],
    ['POST', 'no-cors', 'v1/leases/return', 'network'],
    ['POST', 'navigate', '', 'network'],
    ['GET', 'cors', 'unknown.json', 'network'],
    ['GET', 'no-cors', '../other/assets/x.js', 'network'],
    ['GET', 'no-cors', 'https://elsewhere.example/tilework/assets/index-1.js', 'network'],
  ])('%s %s %j is answered by: %s', (method, mode, path, route) => {
    expect(routeOf({ method, mode, url: new URL(path, SCOPE).href }, SCOPE, FILES)).toBe(route);
  });

  it.each([
    ['', ''],
    ['index.html', ''],
    ['network.html', 'network.html'],
    ['assets/index-1.js', 'offline.html'],
    ['who/knows', 'offline.html'],
  ])('for the page %j gets %j when there is no network', (path, kept) => {
    expect(pageFor(path, FILES)).toBe(kept);
  });
});

describe('caches of earlier builds', () => {
  it('go, but for the one before: an open tab may still need it', () => {
    const names = ['tilework /a/ 1', 'other', 'tilework /b/ 1', 'tilework /a/ 2', 'tilework /a/ 3'];
    expect(outdated(names, 'tilework /a/ ', 'tilework /a/ 3')).toEqual(['tilework /a/ 1']);
    expect(outdated(names.slice(3), 'tilework /a/ ', 'tilework /a/ 3')).toEqual([]);
    expect(outdated([], 'tilework /a/ ', 'tilework /a/ 3')).toEqual([]);
  });
});

class FakeWorker extends Target implements WorkerLike {
  state = 'installing';
  readonly heard: unknown[] = [];
  postMessage(message: unknown): void {
    this.heard.push(message);
  }
  become(state: string): void {
    this.state = state;
    this.fire('statechange');
  }
}

class FakeRegistration extends Target {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  active: FakeWorker | null = null;
  looks = 0;
  update(): Promise<unknown> {
    this.looks += 1;
    return Promise.reject(new TypeError('offline'));
  }
  /** A new script was found, and has installed itself. */
  find(): FakeWorker {
    const found = new FakeWorker();
    this.installing = found;
    this.fire('updatefound');
    this.installing = null;
    this.waiting = found;
    found.become('installed');
    return found;
  }
}

class Container extends Target {
  controller = null;
  asked: unknown[] = [];
  readonly registration = new FakeRegistration();
  register(...asked: unknown[]): Promise<FakeRegistration> {
    this.asked = asked;
    return Promise.resolve(this.registration);
  }
}

describe('a new version', () => {
  function rig(active = true) {
    const container = new Container();
    const clock = new FakeClock();
    const { registration } = container;
    if (active) registration.active = new FakeWorker();
    const told: number[] = [];
    const updates = watchUpdates(container, registration, clock, () => told.push(clock.now()));
    return { container, registration, clock, told, updates };
  }

  it('is told when it waits, the second one too, and taken only when that is asked for', async () => {
    const { registration, container, told, updates } = rig();
    expect([updates.waiting, await updates.take()]).toEqual([false, false]);
    registration.find();
    const newest = registration.find();
    expect([updates.waiting, told.length, newest.heard]).toEqual([true, 2, []]);
    const taken = updates.take();
    expect(newest.heard).toEqual([TAKE_OVER]);
    container.fire('controllerchange');
    expect(await taken).toBe(true);
    expect(container.listeners).toBe(0);
  });

  it('that does not come is not waited for', async () => {
    const { registration, container, clock, updates } = rig();
    registration.find();
    const taken = updates.take();
    await clock.advance(10_000);
    expect(await taken).toBe(false);
    expect(container.listeners).toBe(0);
  });

  it('is not what the first visit installs', () => {
    const { registration, told, updates } = rig(false);
    registration.find();
    expect([told, updates.waiting]).toEqual([[], false]);
  });

  it('that waits already is told at once', () => {
    const container = new Container();
    Object.assign(container.registration, { active: new FakeWorker(), waiting: new FakeWorker() });
    let told = 0;
    watchUpdates(container, container.registration, new FakeClock(), () => (told += 1)).stop();
    expect(told).toBe(1);
  });

  it('is looked for every hour, without minding a network that is away, until the end', async () => {
    const { registration, clock, updates } = rig();
    await clock.advance(2 * 3_600_000);
    await updates.look();
    expect(registration.looks).toBe(3);
    updates.stop();
    expect([clock.pending, registration.listeners]).toEqual([0, 0]);
  });
});

describe('keeping the page offline', () => {
  it('is for the folder of the page', async () => {
    const container = new Container();
    await keepOffline(container, 'https://site.example/tilework/index.html?x=1');
    expect(container.asked).toEqual([
      'https://site.example/tilework/sw.js',
      { scope: 'https://site.example/tilework/', updateViaCache: 'none' },
    ]);
  });

  it('is not to be had in a private window, and that is no error', async () => {
    expect(await keepOffline(undefined, SCOPE)).toBeUndefined();
    const container = new Container();
    container.register = () => Promise.reject(new DOMException('no', 'SecurityError'));
    expect(await keepOffline(container, SCOPE)).toBeUndefined();
    await settle();
  });
});
