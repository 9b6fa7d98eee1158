/** Sleep, a lost network, a freeze, a discard: what is handed back, and what goes on by itself. */
import { describe, expect, it } from 'vitest';
import { type ContributorStatus, STOPPED } from '../../src/contributor/api.ts';
import { returnLeases } from '../../src/page/lease-beacon.ts';
import { Lifecycle } from '../../src/page/lifecycle.ts';
import { type Consumption, recycleReason } from '../../src/page/recycle.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { type FakeScope, FakeStorage, fakeScope } from './fake-scope.ts';

const PEER = '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f';
const OTHER = PEER.replace('Q', 'R');
const API = 'https://coordinator.example/v1/';
const LEASE = 'ab'.repeat(16);
const HOUR_MS = 3_600_000;

const working = (leases: readonly string[], peerId = PEER): ContributorStatus => ({
  ...STOPPED,
  stage: 'computing',
  peerId,
  leases,
});

/** One tab: pages come and go in it, its sessionStorage stays. */
function tab() {
  const sessionStorage = new FakeStorage();
  const clock = new FakeClock();
  const beacons: { url: string; body: unknown }[] = [];
  const load = ({ wasDiscarded }: { wasDiscarded?: boolean } = {}) => {
    const sendBeacon = (url: string, body: string): boolean => {
      beacons.push({ url, body: JSON.parse(body) });
      return true;
    };
    const scope = fakeScope({ sendBeacon }, { sessionStorage });
    scope.document.wasDiscarded = wasDiscarded;
    const did: string[] = [];
    const lifecycle = new Lifecycle({
      scope,
      clock,
      api: () => API,
      actions: {
        wake: () => did.push('wake'),
        start: () => did.push('start'),
        stop: () => did.push('stop'),
      },
    });
    return { scope, lifecycle, did };
  };
  return { load, clock, beacons, sessionStorage };
}

describe('a page that may not run for a while', () => {
  it.each(['frozen', 'leaving'] as const)('hands its leases back when it is %s', (moment) => {
    const { load, beacons } = tab();
    const { lifecycle } = load();
    lifecycle.started();
    lifecycle.onStatus(working([LEASE]));
    lifecycle.onMoment(moment);
    expect(beacons).toEqual([{ url: `${API}leases/return`, body: { contributor: PEER, leases: [LEASE] } }]);
  });

  it('says nothing when it has no lease, or has stopped', () => {
    const { load, beacons } = tab();
    const { lifecycle } = load();
    lifecycle.onMoment('frozen');
    lifecycle.started();
    lifecycle.onStatus(working([]));
    lifecycle.onMoment('frozen');
    lifecycle.onStatus(working([LEASE]));
    lifecycle.ended();
    lifecycle.onMoment('frozen');
    expect(beacons).toEqual([]);
  });

  it('reconnects at once when it is back, however it was away', () => {
    const { lifecycle, did, scope } = tab().load();
    for (const moment of ['resumed', 'restored', 'shown'] as const) lifecycle.onMoment(moment);
    lifecycle.onSuspended();
    scope.window.fire('online');
    expect(did).toEqual(['wake', 'wake', 'wake', 'wake', 'wake']);
    lifecycle.onMoment('hidden');
    lifecycle.close();
    scope.window.fire('online');
    expect(did).toHaveLength(5);
  });
});

describe('the beacon', () => {
  const held = { contributor: PEER, leases: [LEASE] };

  it('carries 64 leases at most, to the address that the page was told', () => {
    const sent: string[] = [];
    const scope = fakeScope({ sendBeacon: (url, body) => sent.push(url, body) > 0 });
    const leases = Array.from({ length: 70 }, (_, i) => i.toString(16).padStart(32, '0'));
    expect(returnLeases(scope, 'http://127.0.0.1:8080/v1/', { contributor: PEER, leases })).toBe(true);
    expect(sent[0]).toBe('http://127.0.0.1:8080/v1/leases/return');
    expect((JSON.parse(sent[1]!) as { leases: string[] }).leases).toEqual(leases.slice(0, 64));
  });

  it.each<[string, FakeScope, string]>([
    ['there are none', fakeScope(), API],
    ['the queue is full', fakeScope({ sendBeacon: () => false }), API],
    [
      'it is forbidden',
      fakeScope({
        sendBeacon: () => {
          throw new TypeError('not allowed');
        },
      }),
      API,
    ],
    ['the address is none', fakeScope({ sendBeacon: () => true }), 'v1'],
  ])('is not sent, without an error, where %s', (_, scope, api) => {
    expect(returnLeases(scope, api, held)).toBe(false);
  });
});

describe('a tab that the browser threw away', () => {
  it('goes on by itself when it is loaded again, under the same key, the second time too', () => {
    const { load } = tab();
    const first = load();
    expect(first.lifecycle.begin()).toBe(false);
    first.lifecycle.started();
    first.lifecycle.onStatus(working([]));
    for (let time = 0; time < 2; time++) {
      const { lifecycle, did } = load({ wasDiscarded: true });
      expect([lifecycle.begin(), did]).toEqual([true, ['start']]);
      lifecycle.onStatus(working([]));
      expect(did).toEqual(['start']);
    }
  });

  it('stays stopped when the browser has lost the key that was contributing', () => {
    const { load } = tab();
    const first = load();
    first.lifecycle.started();
    first.lifecycle.onStatus(working([]));
    const { lifecycle, did } = load({ wasDiscarded: true });
    lifecycle.begin();
    lifecycle.onStatus(working([], OTHER));
    expect(did).toEqual(['start', 'stop']);
    expect(load({ wasDiscarded: true }).lifecycle.begin()).toBe(false);
  });

  it.each([
    ['was stopped', (lifecycle: Lifecycle) => lifecycle.ended(), 0],
    ['was started more than a day ago', () => {}, 25 * HOUR_MS],
    ['was started in the future, by its clock', () => {}, -HOUR_MS],
  ])('stays stopped when it %s', async (_, then, later) => {
    const { load, clock, sessionStorage } = tab();
    const { lifecycle } = load();
    lifecycle.started();
    then(lifecycle);
    if (later > 0) await clock.advance(later);
    for (const [key, text] of sessionStorage.items) {
      const kept = JSON.parse(text) as { clickedMs: number };
      if (later < 0) sessionStorage.setItem(key, JSON.stringify({ ...kept, clickedMs: clock.now() - later }));
    }
    const next = load({ wasDiscarded: true });
    expect([next.lifecycle.begin(), next.did]).toEqual([false, []]);
  });
});

describe('consent', () => {
  it.each([undefined, false])(
    'does not pass to a tab that was reloaded by hand, duplicated or restored (wasDiscarded: %s)',
    (wasDiscarded) => {
      const { load } = tab();
      load().lifecycle.started();
      const next = load(wasDiscarded === undefined ? {} : { wasDiscarded });
      expect([next.lifecycle.begin(), next.did]).toEqual([false, []]);
      // …nor to what comes after such a visit.
      expect(load({ wasDiscarded: true }).lifecycle.begin()).toBe(false);
    },
  );

  it('does not pass to a new tab, whose memory is empty', () => {
    tab().load().lifecycle.started();
    expect(tab().load({ wasDiscarded: true }).lifecycle.begin()).toBe(false);
  });

  it('outlives the reload with which the page takes a new version, once', () => {
    const { load } = tab();
    const first = load();
    first.lifecycle.started();
    first.lifecycle.reloading();
    expect(load().lifecycle.begin()).toBe(true);
    expect(load().lifecycle.begin()).toBe(false);
    first.lifecycle.ended();
    first.lifecycle.reloading();
    expect(load().lifecycle.begin()).toBe(false);
  });

  it.each(['', '{', 'null', '7', '[]', '{"v":1}', '{"v":2,"clickedMs":1}', '{"v":1,"clickedMs":"now"}'])(
    'is nothing where %j was kept',
    (text) => {
      const { load, sessionStorage } = tab();
      sessionStorage.setItem('tilework-contributing', text);
      expect(load({ wasDiscarded: true }).lifecycle.begin()).toBe(false);
    },
  );

  it('is for as long as the page is there, where nothing may be kept', () => {
    const scope = fakeScope();
    Object.defineProperty(scope, 'sessionStorage', {
      get: () => {
        throw new DOMException('no', 'SecurityError');
      },
    });
    const actions = { wake: () => {}, start: () => {}, stop: () => {} };
    const lifecycle = new Lifecycle({ scope, clock: new FakeClock(), api: () => undefined, actions });
    expect(lifecycle.begin()).toBe(false);
    lifecycle.started();
    lifecycle.onStatus(working([LEASE]));
    lifecycle.onMoment('frozen');
    lifecycle.reloading();
    lifecycle.ended();
  });
});

describe('workers are replaced', () => {
  const MIB = 1024 ** 2;
  const used = (change: Partial<Consumption>): Consumption => ({ startedMs: 0, bytesMoved: 0, ...change });

  it.each<[string, Consumption, number, string | undefined]>([
    ['not at first', used({}), HOUR_MS, undefined],
    ['after 64 GiB, where memory cannot be measured', used({ bytesMoved: 64 * 1024 ** 3 }), HOUR_MS, 'bytes'],
    ['after twelve hours there', used({}), 12 * HOUR_MS, 'age'],
    [
      'when their memory has doubled, where it can',
      used({ memoryBytes: 1300 * MIB, earlyBytes: 600 * MIB }),
      HOUR_MS,
      'memory',
    ],
    [
      'not for what comes and goes with the shards',
      used({ memoryBytes: 300 * MIB, earlyBytes: 60 * MIB }),
      HOUR_MS,
      undefined,
    ],
    [
      'not for age or bytes where memory says that all is well',
      used({ bytesMoved: 1e15, memoryBytes: 60 * MIB, earlyBytes: 60 * MIB }),
      100 * HOUR_MS,
      undefined,
    ],
  ])('%s', (_, use, nowMs, reason) => {
    expect(recycleReason(use, nowMs)).toBe(reason);
  });
});
