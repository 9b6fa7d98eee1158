import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FetchQueue, type FetchQueueOptions } from '../../src/contributor/fetch-queue.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Hash } from '../../src/matrix/manifest.ts';

/** A link that answers when the test says so. */
class Link {
  readonly asked: Hash[] = [];
  readonly cancelled: Hash[] = [];
  readonly #open = new Map<Hash, PromiseWithResolvers<Uint8Array>>();

  readonly fetch = (hash: Hash, signal: AbortSignal): Promise<Uint8Array> => {
    this.asked.push(hash);
    const answer = Promise.withResolvers<Uint8Array>();
    this.#open.set(hash, answer);
    signal.addEventListener('abort', () => {
      if (!this.#open.delete(hash)) return;
      this.cancelled.push(hash);
      answer.reject(new AppError('aborted', 'the fetch was aborted'));
    });
    return answer.promise;
  };

  get open(): Hash[] {
    return Array.from(this.#open.keys());
  }

  async answer(hash: Hash, error?: AppError): Promise<void> {
    const answer = this.#open.get(hash)!;
    this.#open.delete(hash);
    if (error) answer.reject(error);
    else answer.resolve(bytesOf(hash));
    await settle();
  }
}

const bytesOf = (hash: Hash): Uint8Array => Uint8Array.from(hash, (letter) => letter.charCodeAt(0));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const queueOver = (link: Link, own: Partial<FetchQueueOptions> = {}): FetchQueue =>
  new FetchQueue({ fetch: link.fetch, width: 2, ...own });

/** A disk whose reads are at once. */
function diskOf(...hashes: Hash[]) {
  const held = new Map(hashes.map((hash) => [hash, bytesOf(hash)]));
  const read: Hash[] = [];
  return {
    held,
    read,
    has: (hash: Hash) => held.has(hash),
    get: async (hash: Hash) => {
      read.push(hash);
      return held.get(hash);
    },
    put: (hash: Hash, bytes: Uint8Array) => void held.set(hash, bytes.slice()),
  };
}

describe('the order of fetches', () => {
  it('is the order of asking, as many at a time as the window takes', async () => {
    const link = new Link();
    const lane = queueOver(link).lane();
    const all = ['a', 'b', 'c', 'd'].map((hash) => lane.fetch(hash));
    expect(link.open).toEqual(['a', 'b']);
    await link.answer('b');
    expect(link.open).toEqual(['a', 'c']);
    await link.answer('a');
    await link.answer('c');
    await link.answer('d');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'].map(bytesOf));
  });

  it('lets what an older lease asks for overtake what a younger one waits for', async () => {
    const link = new Link();
    const queue = queueOver(link);
    const [older, younger] = [queue.lane(), queue.lane()];
    for (const hash of ['y1', 'y2', 'y3', 'y4']) void younger.fetch(hash);
    for (const hash of ['o1', 'o2']) void older.fetch(hash);
    await link.answer('y1');
    await link.answer('y2');
    expect(link.asked).toEqual(['y1', 'y2', 'o1', 'o2']);
    await link.answer('o1');
    expect(link.asked.at(-1)).toBe('y3');
  });

  it('gives a younger lease the link as soon as the older one has asked for all', async () => {
    const link = new Link();
    const queue = queueOver(link);
    const [older, younger] = [queue.lane(), queue.lane()];
    void older.fetch('o');
    void younger.fetch('y');
    expect(link.open).toEqual(['o', 'y']);
  });
});

describe('a block that two leases want', () => {
  it('comes once, at the turn of the older one, and each has bytes of its own', async () => {
    const link = new Link();
    const queue = queueOver(link, { width: 1 });
    const [older, younger] = [queue.lane(), queue.lane()];
    void older.fetch('first');
    void younger.fetch('other');
    const young = younger.fetch('shared');
    const old = older.fetch('shared');
    await link.answer('first');
    expect(link.open).toEqual(['shared']);
    await link.answer('shared');
    const [a, b] = await Promise.all([old, young]);
    expect([a, b]).toEqual([bytesOf('shared'), bytesOf('shared')]);
    expect(a.buffer).not.toBe(b.buffer);
    expect(link.asked).toEqual(['first', 'shared', 'other']);
  });

  it('comes once also when the second asks while the first hands it to the GPU', async () => {
    const link = new Link();
    const queue = queueOver(link);
    const [one, two] = [queue.lane(), queue.lane()];
    const first = one.fetch('x');
    await link.answer('x');
    structuredClone(await first, { transfer: [(await first).buffer as ArrayBuffer] });
    expect(await two.fetch('x')).toEqual(bytesOf('x'));
    expect(link.asked).toEqual(['x']);
  });

  it('comes for the second when the first gives it up', async () => {
    const link = new Link();
    const queue = queueOver(link, { width: 1 });
    const [one, two] = [queue.lane(), queue.lane()];
    void one.fetch('busy');
    const given = one.fetch('x');
    const wanted = two.fetch('x');
    one.end();
    await expect(given).rejects.toMatchObject({ code: 'aborted' });
    expect(link.cancelled).toEqual(['busy']);
    await settle();
    await link.answer('x');
    expect(await wanted).toEqual(bytesOf('x'));
  });

  it('fails for both, and is asked for anew afterwards', async () => {
    const link = new Link();
    const queue = queueOver(link);
    const [one, two] = [queue.lane(), queue.lane()];
    const both = [one.fetch('x'), two.fetch('x')];
    await link.answer('x', new AppError('not-found', 'no such block'));
    for (const wait of both) await expect(wait).rejects.toMatchObject({ code: 'not-found' });
    const again = one.fetch('x');
    await link.answer('x');
    expect(await again).toEqual(bytesOf('x'));
  });
});

describe('what is held and not on the GPU yet', () => {
  it('is bounded: no more is asked for until some of it is done', async () => {
    const link = new Link();
    const lane = queueOver(link, { heldBlocks: 3 }).lane();
    for (const hash of ['a', 'b', 'c', 'd', 'e']) void lane.fetch(hash);
    await link.answer('a');
    expect(link.asked).toEqual(['a', 'b', 'c']);
    await link.answer('b');
    expect(link.asked).toEqual(['a', 'b', 'c']);
    lane.done('a');
    expect(link.asked).toEqual(['a', 'b', 'c', 'd']);
  });

  it('never stands still: when nothing is on its way, one more comes', async () => {
    const link = new Link();
    const lane = queueOver(link, { heldBlocks: 1 }).lane();
    void lane.fetch('kept');
    await link.answer('kept');
    const needed = lane.fetch('needed');
    void lane.fetch('later');
    expect(link.open).toEqual(['needed']);
    await link.answer('needed');
    expect(await needed).toEqual(bytesOf('needed'));
  });

  it('counts no longer when the lease is over', async () => {
    const link = new Link();
    const queue = queueOver(link, { heldBlocks: 2 });
    const [over, next] = [queue.lane(), queue.lane()];
    void over.fetch('a');
    void over.fetch('b');
    await link.answer('a');
    void next.fetch('c');
    void next.fetch('d');
    over.end();
    await settle();
    expect(link.open).toEqual(['c', 'd']);
    await expect(over.fetch('e')).rejects.toMatchObject({ code: 'aborted' });
  });

  it('gives up what is only queued, and keeps what is on its way', async () => {
    const link = new Link();
    const lane = queueOver(link, { width: 1 }).lane();
    const [coming, queued] = [lane.fetch('coming'), lane.fetch('queued')];
    lane.forgetQueued();
    await expect(queued).rejects.toMatchObject({ code: 'aborted' });
    expect(lane.fetch('coming')).toBe(coming);
    await link.answer('coming');
    expect(await coming).toEqual(bytesOf('coming'));
    expect(link.asked).toEqual(['coming']);
  });
});

describe('blocks that need no link', () => {
  it('are read from the disk while the link is busy with others', async () => {
    const link = new Link();
    const disk = diskOf('d');
    const lane = queueOver(link, { width: 1, disk }).lane();
    void lane.fetch('a');
    void lane.fetch('b');
    expect(await lane.fetch('d')).toEqual(bytesOf('d'));
    expect(link.asked).toEqual(['a']);
  });

  it('are kept on the disk when they came over the link, so that they come once', async () => {
    const link = new Link();
    const queue = queueOver(link, { disk: diskOf() });
    const lane = queue.lane();
    void lane.fetch('a');
    await link.answer('a');
    lane.end();
    expect(await queue.lane().fetch('a')).toEqual(bytesOf('a'));
    expect(link.asked).toEqual(['a']);
  });

  it('come over the link after all when the disk has lost them', async () => {
    const link = new Link();
    const disk = { ...diskOf('d'), get: async () => undefined };
    const wanted = queueOver(link, { disk }).lane().fetch('d');
    await settle();
    await link.answer('d');
    expect(await wanted).toEqual(bytesOf('d'));
  });

  it('are made where they are described, and not kept on the disk', async () => {
    const link = new Link();
    const disk = diskOf();
    const seeded = { has: (id: Hash) => id.startsWith('s'), get: async (id: Hash) => bytesOf(id) };
    expect(await queueOver(link, { disk, seeded }).lane().fetch('s1')).toEqual(bytesOf('s1'));
    expect([link.asked, disk.held.size]).toEqual([[], 0]);
  });
});

it('every block arrives, once for each time it is given up or done, whatever the leases do', async () => {
  const step = fc.record({
    lane: fc.nat(2),
    hash: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    act: fc.constantFrom('fetch', 'fetch', 'fetch', 'done', 'answer', 'answer', 'forget'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const link = new Link();
      const queue = queueOver(link, { heldBlocks: 3 });
      const lanes = [queue.lane(), queue.lane(), queue.lane()];
      const waits: Promise<unknown>[] = [];
      for (const { lane, hash, act } of steps) {
        if (act === 'fetch') waits.push(lanes[lane]!.fetch(hash).catch(() => {}));
        else if (act === 'done') lanes[lane]!.done(hash);
        else if (act === 'forget') lanes[lane]!.forgetQueued();
        else if (link.open.includes(hash)) await link.answer(hash);
        expect(link.open.length).toBeLessThanOrEqual(2);
        expect(new Set(link.open).size).toBe(link.open.length);
      }
      // Everything that is still wanted comes in the end, though nobody says done.
      for (let open = link.open[0]; open; open = link.open[0]) await link.answer(open);
      await Promise.all(waits);
      for (const lane of lanes) lane.end();
      expect(link.open).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
