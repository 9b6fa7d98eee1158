import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Emitter, mapLimit, Semaphore, withPermit } from '../../src/core/async.ts';

interface Ask {
  readonly need: number;
  readonly controller: AbortController;
  state: 'waiting' | 'held' | 'gone';
  release: () => void;
}

/** Asks a semaphore and keeps book of who waits, who holds and in which order they were served. */
class Bookkeeper {
  readonly asks: Ask[] = [];
  readonly served: number[] = [];
  readonly semaphore: Semaphore;

  constructor(units: number) {
    this.semaphore = new Semaphore(units);
  }

  ask(need: number): Ask {
    const ask: Ask = { need, controller: new AbortController(), state: 'waiting', release: () => {} };
    const index = this.asks.push(ask) - 1;
    void this.semaphore.acquire(need, ask.controller.signal).then(
      (release) => {
        ask.state = 'held';
        ask.release = release;
        this.served.push(index);
      },
      () => {
        ask.state = 'gone';
      },
    );
    return ask;
  }

  giveBack(ask: Ask): void {
    if (ask.state === 'held') ask.state = 'gone';
    ask.release();
  }

  get out(): number {
    return this.asks.reduce((sum, ask) => sum + (ask.state === 'held' ? ask.need : 0), 0);
  }

  get firstWaiting(): Ask | undefined {
    return this.asks.find((ask) => ask.state === 'waiting');
  }
}

const step = fc.record({
  kind: fc.constantFrom('ask', 'ask', 'release', 'abort'),
  pick: fc.nat(1000),
});

describe('Semaphore', () => {
  it('refuses more than it will ever have, at once, and serves those who come behind', async () => {
    const semaphore = new Semaphore(3);
    const release = await semaphore.acquire(2);
    const tooMuch = semaphore.acquire(4);
    const next = semaphore.acquire(1);
    await expect(tooMuch).rejects.toMatchObject({ code: 'too-large' });
    (await next)();
    release();
    (await semaphore.acquire(3))();
    await expect(new Semaphore(0).acquire()).rejects.toMatchObject({ code: 'too-large' });
  });

  it('never lends more than it has, serves in order and leaves no unit idle that the first waiter could use', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 40 }),
        async (units, steps) => {
          const book = new Bookkeeper(units);
          for (const { kind, pick } of steps) {
            const chosen = book.asks[pick % Math.max(1, book.asks.length)];
            if (kind === 'ask') book.ask(1 + (pick % units));
            else if (chosen && kind === 'release') book.giveBack(chosen);
            else chosen?.controller.abort();
            await turn();
            expect(book.out).toBeLessThanOrEqual(units);
            expect(book.served).toEqual(book.served.toSorted((a, b) => a - b));
            expect(book.firstWaiting?.need ?? Infinity).toBeGreaterThan(units - book.out);
          }
        },
      ),
    );
  });

  it('lets the next one go when a waiter that asked for too much aborts', async () => {
    const book = new Bookkeeper(2);
    book.ask(1);
    const large = book.ask(2);
    const small = book.ask(1);
    await turn();
    expect([large.state, small.state]).toEqual(['waiting', 'waiting']);
    large.controller.abort();
    await turn();
    expect([large.state, small.state]).toEqual(['gone', 'held']);
  });

  it('rejects with aborted, and takes no unit, when the signal fired before', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.acquire(1, AbortSignal.abort('gone'))).rejects.toMatchObject({
      code: 'aborted',
      cause: 'gone',
    });
    await semaphore.acquire();
  });

  it('ignores an abort that comes after the grant', async () => {
    const book = new Bookkeeper(1);
    const first = book.ask(1);
    const second = book.ask(1);
    await turn();
    first.controller.abort();
    await turn();
    expect([first.state, second.state]).toEqual(['held', 'waiting']);
  });

  it('gives the units back once, however often they are released', async () => {
    const book = new Bookkeeper(1);
    const first = book.ask(1);
    await turn();
    first.release();
    first.release();
    first.state = 'gone';
    const second = book.ask(1);
    const third = book.ask(1);
    await turn();
    expect([second.state, third.state]).toEqual(['held', 'waiting']);
  });

  it('serves a burst of a thousand in the order in which they asked', async () => {
    const book = new Bookkeeper(3);
    const burst = Array.from({ length: 1000 }, () => book.ask(1));
    await turn();
    for (const ask of burst) {
      expect(book.out).toBeLessThanOrEqual(3);
      book.giveBack(ask);
      await turn();
    }
    expect(book.served).toEqual(burst.map((_, index) => index));
  });
});

describe('withPermit', () => {
  it('returns what the work returns and frees the unit after success and after failure', async () => {
    const semaphore = new Semaphore(1);
    expect(await withPermit(semaphore, async () => 7)).toBe(7);
    await expect(withPermit(semaphore, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withPermit(semaphore, async () => 8)).toBe(8);
  });

  it('does not start the work when the wait is aborted', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const controller = new AbortController();
    let started = false;
    const waiting = withPermit(
      semaphore,
      async () => {
        started = true;
      },
      controller.signal,
    );
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    release();
    await turn();
    expect(started).toBe(false);
  });
});

describe('mapLimit', () => {
  it('keeps the order of the items and never runs more than width at once', async () => {
    const scenario = fc.record({
      turns: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 20 }),
      width: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ turns, width }) => {
        let running = 0;
        let most = 0;
        const results = await mapLimit(turns, width, async (count, index) => {
          running += 1;
          most = Math.max(most, running);
          for (let i = 0; i < count; i++) await turn();
          running -= 1;
          return index;
        });
        expect(results).toEqual(turns.map((_, index) => index));
        expect(most).toBe(Math.min(width, turns.length));
      }),
    );
  });

  it('rejects with the first failure and starts nothing after it', async () => {
    const started: number[] = [];
    const mapped = mapLimit([0, 1, 2, 3, 4, 5], 2, async (item) => {
      started.push(item);
      await turn();
      if (item === 1) throw new Error('one failed');
      await turn();
      if (item === 0) throw new Error('zero failed later');
    });
    await expect(mapped).rejects.toThrow('one failed');
    for (let i = 0; i < 5; i++) await turn();
    expect(started).toEqual([0, 1]);
  });

  it('returns an empty list for an empty list', async () => {
    expect(await mapLimit([], 4, () => Promise.reject(new Error('never called')))).toEqual([]);
  });
});

describe('Emitter', () => {
  it('reaches everybody although a listener leaves during delivery, and leaves that one out next time', () => {
    const emitter = new Emitter<number>();
    const heard: string[] = [];
    const off = emitter.on((event) => {
      heard.push(`once ${event}`);
      off();
      off();
    });
    emitter.on((event) => heard.push(`always ${event}`));
    emitter.emit(1);
    emitter.emit(2);
    expect(heard).toEqual(['once 1', 'always 1', 'always 2']);
  });

  it('delivers to a listener that came during delivery from the next event on', () => {
    const emitter = new Emitter<number>();
    const heard: number[] = [];
    const off = emitter.on(() => {
      off();
      emitter.on((event) => heard.push(event));
    });
    emitter.emit(1);
    emitter.emit(2);
    expect(heard).toEqual([2]);
  });
});
