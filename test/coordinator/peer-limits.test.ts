import { describe, expect, it } from 'vitest';
import { PeerSession } from '../../src/coordinator/peer-session.ts';
import { ResultBudget } from '../../src/coordinator/result-budget.ts';
import { Serving } from '../../src/coordinator/serving.ts';
import { NEW_STANDING } from '../../src/coordinator/standing.ts';
import { TransferDeadline } from '../../src/coordinator/transfer-deadline.ts';
import type { ActiveLease } from '../../src/coordinator/work.ts';
import { memoryLinkPair } from '../../src/net/link.ts';
import {
  MAX_CLAIMS_PER_PEER,
  RESULT_BUDGET_BYTES,
  RESULT_SHARE_BYTES,
  SERVED_FREE_BYTES,
  SERVED_PER_LEASE,
} from '../../src/protocol/limits.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const { signal } = new AbortController();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Whether it has come, without waiting for it. */
async function came(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(
    () => (done = true),
    () => {},
  );
  await turn();
  return done;
}

describe('the memory for claimed results', () => {
  it('is shared out: one contributor cannot pass its share, and others go on', async () => {
    const budget = new ResultBudget({ bytes: 100, shareBytes: 30 });
    const first = await budget.acquire('slow', 20, signal);
    const second = budget.acquire('slow', 20, signal);
    expect(await came(second)).toBe(false);
    const other = await budget.acquire('other', 30, signal);
    first();
    expect(await came(second)).toBe(true);
    (await second)();
    other();
    expect(budget.contributors).toBe(0);
  });

  it('is bounded over all of them, first come first served', async () => {
    const budget = new ResultBudget();
    const crowd = RESULT_BUDGET_BYTES / RESULT_SHARE_BYTES;
    const held = await Promise.all(
      Array.from({ length: crowd }, (_, i) => budget.acquire(`${i}`, RESULT_SHARE_BYTES, signal)),
    );
    const late = budget.acquire('late', 1, signal);
    expect(await came(late)).toBe(false);
    held[0]!();
    held[0]!(); // given back once, however often it is said
    expect(await came(late)).toBe(true);
    expect(await came(budget.acquire('later', RESULT_SHARE_BYTES, signal))).toBe(false);
  });

  it('lets a strip that is larger than a share in alone, and refuses one larger than everything', async () => {
    const budget = new ResultBudget({ bytes: 100, shareBytes: 30 });
    const large = await budget.acquire('one', 80, signal);
    expect(await came(budget.acquire('one', 1, signal))).toBe(false);
    large();
    await expect(budget.acquire('two', 101, signal)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('is not lost to those who stop waiting', async () => {
    const budget = new ResultBudget({ bytes: 100, shareBytes: 30 });
    const held = await budget.acquire('one', 30, signal);
    const stop = new AbortController();
    const waiting = budget.acquire('one', 30, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    held();
    expect(budget.contributors).toBe(0);
    (await budget.acquire('one', 30, signal))();
    expect(budget.contributors).toBe(0);
  });
});

describe('the deadline of a transfer', () => {
  it('stands still while all that is wanted waits for memory, and runs while something is held', async () => {
    const clock = new FakeClock();
    let expired = 0;
    const deadline = new TransferDeadline(clock, 1000, () => (expired += 1));
    await clock.advance(400);
    const room = Promise.withResolvers<() => void>();
    const waiting = deadline.whileWaiting(() => room.promise);
    await clock.advance(60_000);
    expect(expired).toBe(0);
    room.resolve(() => {});
    const release = await waiting;
    // A second strip that waits does not stop the time of the first one.
    void deadline.whileWaiting(() => new Promise(() => {}));
    await clock.advance(599);
    expect(expired).toBe(0);
    await clock.advance(1);
    expect(expired).toBe(1);
    release();
    await clock.advance(10_000);
    expect(expired).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('is over when the transfer is', async () => {
    const clock = new FakeClock();
    let expired = 0;
    const deadline = new TransferDeadline(clock, 1000, () => (expired += 1));
    deadline.end();
    await clock.advance(5000);
    expect(expired).toBe(0);
  });
});

describe('what is served', () => {
  const lease = (peer: string): Pick<ActiveLease, 'peer' | 'job' | 'rect'> => ({
    peer,
    job: {
      id: 'j',
      a: '',
      b: '',
      dtype: 'i8',
      rows: 512,
      cols: 512,
      k: 2048,
      project: '',
      priority: 0,
      createdMs: 0,
    },
    rect: { row: 0, col: 0, rows: 1, cols: 1 },
  });

  it('is nothing before Hello, a little after it, and more with each lease', () => {
    const serving = new Serving();
    expect(serving.take('a', 1)).toBe(false);
    serving.admit('a');
    expect(serving.take('a', SERVED_FREE_BYTES)).toBe(true);
    expect(serving.take('a', 1)).toBe(false);
    serving.leased(lease('a'));
    // Two blocks of K for one row-block on either side.
    for (let block = 0; block < SERVED_PER_LEASE * 4; block++)
      expect(serving.take('a', 256 * 1024)).toBe(true);
    expect(serving.take('a', 1)).toBe(false);
  });

  it('is not filled up again by coming back, and forgets those who were here longest ago', () => {
    const serving = new Serving(2);
    serving.admit('a');
    serving.take('a', SERVED_FREE_BYTES);
    serving.admit('a');
    expect(serving.take('a', 1)).toBe(false);
    serving.admit('b');
    serving.admit('c');
    expect(serving.take('b', 1)).toBe(true);
    serving.leased(lease('nobody'));
    expect(serving.take('nobody', 1)).toBe(false);
  });
});

describe('the results that a contributor hands in', () => {
  it('are judged so many at once and no more', () => {
    const none = (): Promise<undefined> => Promise.resolve(undefined);
    const clock = new FakeClock();
    const [link] = memoryLinkPair({ clock, peers: ['a', 'b'], sources: [none, none] });
    const session = new PeerSession(link, {} as never, NEW_STANDING, 0);
    const judged = Array.from({ length: MAX_CLAIMS_PER_PEER }, () => session.claim());
    expect(() => session.claim()).toThrow('handed in at once');
    judged[0]!();
    session.claim();
    expect(() => session.claim()).toThrow('handed in at once');
  });
});
