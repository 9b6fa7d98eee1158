import { describe, expect, it, vi } from 'vitest';
import { PeerSession, receiveHello, receiveMessages } from '../../src/coordinator/peer-session.ts';
import { NEW_STANDING } from '../../src/coordinator/standing.ts';
import { type Link, memoryLinkPair } from '../../src/net/link.ts';
import { encodeFromContributor } from '../../src/protocol/control.ts';
import { CONTROL_BURST, HELLO_DEADLINE_MS, MAX_CONTROL_PER_SECOND } from '../../src/protocol/limits.ts';
import type { FromContributor, Hello } from '../../src/protocol/messages.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const HELLO: Hello = {
  type: 'hello',
  version: 1,
  client: 'test/1',
  operandBytes: 1,
  resultBytes: 1,
  rates: { i8: 1, f16: 0, f32: 0 },
  downBytesPerSecond: 0,
  upBytesPerSecond: 0,
  projects: [],
};
const READY: FromContributor = { type: 'ready', leases: 1 };

interface Ends {
  readonly clock: FakeClock;
  readonly coordinator: Link;
  readonly contributor: Link;
  readonly say: (message: FromContributor) => Promise<void>;
}

function ends(): Ends {
  const clock = new FakeClock();
  const none = (): Promise<undefined> => Promise.resolve(undefined);
  const [contributor, coordinator] = memoryLinkPair({
    clock,
    peers: ['contributor', 'coordinator'],
    sources: [none, none],
  });
  return {
    clock,
    coordinator,
    contributor,
    say: (message) => contributor.control.send(encodeFromContributor(message)),
  };
}

describe('the Hello of a contributor', () => {
  it('is what it said, when it comes in time', async () => {
    const { clock, coordinator, say } = ends();
    const hello = receiveHello(coordinator, clock);
    await clock.advance(HELLO_DEADLINE_MS - 1);
    await say(HELLO);
    expect(await hello).toEqual(HELLO);
    await clock.advance(HELLO_DEADLINE_MS); // and the deadline has no business any more
  });

  it('is too late after ten seconds', async () => {
    const { clock, coordinator } = ends();
    const hello = receiveHello(coordinator, clock).catch((error: unknown) => error);
    await clock.advance(HELLO_DEADLINE_MS);
    expect(await hello).toMatchObject({ code: 'timeout' });
  });

  it('is too late ten seconds after the connection, however late the streams came', async () => {
    const { clock, coordinator } = ends();
    const openedMs = clock.now();
    await clock.advance(HELLO_DEADLINE_MS - 1000);
    let failure: unknown;
    const hello = receiveHello(coordinator, clock, openedMs).catch((error: unknown) => (failure = error));
    await clock.advance(999);
    expect(failure).toBeUndefined();
    await clock.advance(1);
    await hello;
    expect(failure).toMatchObject({ code: 'timeout' });
  });

  it.each<[string, FromContributor, string]>([
    ['another message', READY, 'bad-frame'],
    ['another version', { ...HELLO, version: 2 }, 'bad-frame'],
  ])('is not %s', async (_name, message, code) => {
    const { clock, coordinator, say } = ends();
    const hello = receiveHello(coordinator, clock);
    await say(message);
    await expect(hello).rejects.toMatchObject({ code });
  });

  it('does not come from a contributor that has left', async () => {
    const { clock, coordinator, contributor } = ends();
    const hello = receiveHello(coordinator, clock);
    await contributor.close();
    await expect(hello).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('the messages of a contributor', () => {
  it('are handled in their order until it leaves', async () => {
    const { clock, coordinator, contributor, say } = ends();
    const got: number[] = [];
    const receiving = receiveMessages(coordinator, clock, (message) => {
      if (message.type === 'ready') got.push(message.leases);
    });
    for (const leases of [3, 1, 2]) await say({ type: 'ready', leases });
    await contributor.close();
    await receiving;
    expect(got).toEqual([3, 1, 2]);
  });

  it('may come in a burst, and no faster than the rate after it', async () => {
    const { clock, coordinator, say } = ends();
    let handled = 0;
    const receiving = receiveMessages(coordinator, clock, () => (handled += 1));
    const ended = receiving.catch((error: unknown) => error);
    for (let i = 0; i < CONTROL_BURST; i++) await say(READY);
    for (let second = 0; second < 30; second++) {
      await clock.advance(1000);
      for (let i = 0; i < MAX_CONTROL_PER_SECOND; i++) await say(READY);
    }
    await clock.advance(0);
    expect(handled).toBe(CONTROL_BURST + 30 * MAX_CONTROL_PER_SECOND);
    await say(READY);
    expect(await ended).toMatchObject({ code: 'too-large' });
    expect(handled).toBe(CONTROL_BURST + 30 * MAX_CONTROL_PER_SECOND);
  });

  it('end with the first that is none', async () => {
    const { clock, coordinator, contributor } = ends();
    const receiving = receiveMessages(coordinator, clock, () => {});
    await contributor.control.send(new Uint8Array(9).fill(255));
    await expect(receiving).rejects.toMatchObject({ code: 'bad-frame' });
  });
});

const NONE = { leases: 0, committed: 0 };

describe('PeerSession', () => {
  it('has room for what the contributor wants, within its window', () => {
    const { coordinator } = ends();
    const session = new PeerSession(coordinator, HELLO, { verifiedInARow: 16, rejections: [] }, 0);
    expect(session.room(NONE, 0)).toBe(0);
    session.wanted = 3;
    expect([0, 2, 3, 4, 9].map((leases) => session.room({ leases, committed: 0 }, 0))).toEqual([
      3, 2, 1, 0, 0,
    ]);
    session.wanted = 64;
    expect(session.room({ leases: 1, committed: 0 }, 0)).toBe(3);
    session.testing = true;
    expect(session.room(NONE, 0)).toBe(0);
  });

  it('rests longer after each lease that came to nothing, up to a minute, until one succeeds', () => {
    const { coordinator } = ends();
    const session = new PeerSession(coordinator, HELLO, NEW_STANDING, 0);
    session.wanted = 1;
    const rest = (): number => {
      session.failed(1000);
      return session.resumeMs - 1000;
    };
    expect(Array.from({ length: 9 }, rest)).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect([session.room(NONE, 60_999), session.room(NONE, 61_000)]).toEqual([0, 1]);
    session.succeeded();
    expect(rest()).toBe(500);
  });

  it('hangs up on a contributor that never reads, instead of keeping everything for it', async () => {
    const { coordinator } = ends();
    const session = new PeerSession(coordinator, HELLO, NEW_STANDING, 0);
    const closing = vi.spyOn(coordinator, 'close').mockImplementation(() => Promise.resolve());
    let sent = 0;
    for (; sent < 10_000 && closing.mock.calls.length === 0; sent++)
      void session.notice('idle', 'x'.repeat(500));
    expect(sent).toBeGreaterThan(100);
    expect(sent).toBeLessThan(1000);
  });

  it('does not mind a link that has gone', async () => {
    const { coordinator, contributor } = ends();
    const session = new PeerSession(coordinator, HELLO, NEW_STANDING, 0);
    await contributor.close();
    await coordinator.close();
    expect(await session.notice('idle', 'nobody hears it')).toBe(false);
  });
});
