import { describe, expect, it } from 'vitest';
import { toAppError } from '../../src/core/errors.ts';
import { type Link, memoryLinkPair } from '../../src/net/link.ts';
import { HEARTBEAT_MS, SILENCE_MS } from '../../src/protocol/limits.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const none = async (): Promise<undefined> => undefined;
const pair = (clock: FakeClock): [Link, Link] =>
  memoryLinkPair({ clock, peers: ['alice', 'bob'], sources: [none, none] });

function watch(link: Link): { closed: boolean } {
  const seen = { closed: false };
  void link.closed.then(() => (seen.closed = true));
  return seen;
}

describe('a link', () => {
  it('names the other end', () => {
    const [a, b] = pair(new FakeClock());
    expect([a.peer, b.peer]).toEqual(['bob', 'alice']);
  });

  it('lives through hours without a message, on heartbeats', async () => {
    const clock = new FakeClock();
    const [a, b] = pair(clock);
    const seen = [watch(a), watch(b)];
    await clock.advance(3 * 3_600_000);
    expect(seen).toEqual([{ closed: false }, { closed: false }]);
    // One heartbeat each in every HEARTBEAT_MS, and nothing else.
    expect([a.control.bytesIn, b.control.bytesIn]).toEqual([720, 720]);
    await a.close();
  });

  it('ends after the silence of a dead peer, not before, and stops its timers', async () => {
    const clock = new FakeClock();
    const [a, b] = pair(clock);
    b.control.send = () => new Promise(() => {}); // the peer's heartbeats no longer arrive
    const seen = watch(a);
    await a.control.send(Uint8Array.of(1));
    await clock.advance(SILENCE_MS - HEARTBEAT_MS);
    expect(seen.closed).toBe(false);
    await clock.advance(2 * HEARTBEAT_MS);
    expect(seen.closed).toBe(true);
    await b.closed;
    expect(clock.pending).toBe(0);
  });

  it('closes once, whoever closes and however often', async () => {
    const clock = new FakeClock();
    const [a, b] = pair(clock);
    let closings = 0;
    void a.closed.then(() => (closings += 1));
    await Promise.all([a.close('first'), a.close(), b.close()]);
    a.control.abort(new Error('late'));
    await a.close();
    await Promise.all([a.closed, b.closed]);
    expect(closings).toBe(1);
    expect(clock.pending).toBe(0);
    await expect(a.blocks.fetch('00'.repeat(32))).rejects.toMatchObject({ code: 'closed' });
  });

  it('gives an orderly close a short while, then closes by force', async () => {
    const clock = new FakeClock();
    const [a, b] = pair(clock);
    const stuck = Array.from({ length: 20 }, () =>
      a.control.send(new Uint8Array(60_000)).then(
        () => 'sent',
        (error: unknown) => toAppError(error).code,
      ),
    );
    const closing = a.close();
    await clock.advance(5_000);
    await closing;
    await b.closed;
    expect((await Promise.all(stuck)).at(-1)).toBe('closed');
  });
});
