import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageTable } from '../../src/gpu/pages.ts';

const NAMES: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** Reserves and fills, as a shard does. */
function load(pages: PageTable, owner: number, hashes: string[]): string[] {
  const missing = pages.reserve(owner, hashes);
  for (const hash of missing) pages.fill(owner, hash, 16);
  return missing;
}

describe('PageTable', () => {
  it('evicts the block that was used least recently, and says so once', () => {
    const pages = new PageTable(3);
    load(pages, 1, ['a', 'b', 'c']);
    pages.release(1, ['a', 'b', 'c']);
    load(pages, 1, ['a']);
    pages.release(1, ['a']);
    expect(load(pages, 2, ['d'])).toEqual(['d']);
    expect(pages.takeEvicted()).toEqual(['b']);
    expect(pages.takeEvicted()).toEqual([]);
    expect(load(pages, 2, ['a', 'c'])).toEqual([]);
  });

  it('never evicts what the same call asks for', () => {
    const pages = new PageTable(2);
    load(pages, 1, ['old', 'new']);
    pages.release(1, ['old', 'new']);
    expect(load(pages, 1, ['fresh', 'old'])).toEqual(['fresh']);
    expect(pages.takeEvicted()).toEqual(['new']);
  });

  it('pins a hash once a call, however often the call names it, and counts calls', () => {
    const pages = new PageTable(1);
    load(pages, 1, ['a', 'a']);
    load(pages, 1, ['a']);
    pages.release(1, ['a', 'a']);
    expect(() => pages.reserve(2, ['b'])).toThrow('do not fit');
    pages.release(1, ['a']);
    expect(pages.reserve(2, ['b'])).toEqual(['b']);
  });

  it('keeps a page pinned while any shard pins it', () => {
    const pages = new PageTable(1);
    load(pages, 1, ['a']);
    load(pages, 2, ['a']);
    pages.releaseAll(1);
    expect(() => pages.use(1, 'a')).toThrow('not reserved');
    expect(pages.use(2, 'a').bytes).toBe(16);
    expect(() => pages.reserve(3, ['b'])).toThrow('do not fit');
    pages.releaseAll(2);
    expect(pages.reserve(3, ['b'])).toEqual(['b']);
  });

  it('tells every shard that a block is missing until somebody has put it', () => {
    const pages = new PageTable(2);
    expect(pages.reserve(1, ['a'])).toEqual(['a']);
    expect(pages.reserve(2, ['a'])).toEqual(['a']);
    const first = pages.fill(2, 'a', 32);
    expect(first).toBeTypeOf('number');
    expect(pages.fill(1, 'a', 32)).toBeUndefined();
    expect(pages.use(1, 'a')).toMatchObject({ index: first, bytes: 32 });
    expect(pages.reserve(3, ['a'])).toEqual([]);
  });

  it('forgets a block that was reserved and never put, without calling it evicted', () => {
    const pages = new PageTable(1);
    pages.reserve(1, ['a']);
    pages.releaseAll(1);
    expect(pages.used).toBe(0);
    expect(load(pages, 1, ['b'])).toEqual(['b']);
    expect(pages.takeEvicted()).toEqual([]);
  });

  it('does not report a block as evicted that has come back', () => {
    const pages = new PageTable(1);
    for (const hash of ['a', 'b', 'a']) {
      load(pages, 1, [hash]);
      pages.release(1, [hash]);
    }
    expect(pages.takeEvicted()).toEqual(['b']);
  });

  it('refuses the page of a block that was not reserved or not put', () => {
    const pages = new PageTable(2);
    expect(() => pages.fill(1, 'a', 16)).toThrow('not reserved');
    pages.reserve(1, ['a']);
    expect(() => pages.use(1, 'a')).toThrow('never put');
    expect(() => pages.fill(2, 'a', 16)).toThrow('not reserved');
  });

  it('holds its invariants under any sequence of calls', () => {
    const hash = fc.constantFrom(...NAMES);
    const owner = fc.constantFrom(1, 2, 3);
    const call = fc.record({
      kind: fc.constantFrom('reserve', 'fill', 'release', 'releaseAll', 'evicted'),
      owner,
      hashes: fc.array(hash, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(call, { maxLength: 60 }), (count, calls) => {
        const pages = new PageTable(count);
        /** Pins by owner and hash: the model. */
        const pins = new Map<string, number>();
        const filled = new Set<string>();
        const pinned = (h: string): boolean => [1, 2, 3].some((o) => (pins.get(`${o}${h}`) ?? 0) > 0);
        for (const { kind, owner: o, hashes } of calls) {
          const distinct = Array.from(new Set(hashes));
          if (kind === 'reserve') {
            const others = NAMES.filter((h) => pinned(h) && !distinct.includes(h));
            if (distinct.length + others.length > count) {
              expect(() => pages.reserve(o, hashes)).toThrow('do not fit');
              continue;
            }
            const missing = pages.reserve(o, hashes);
            for (const h of distinct) pins.set(`${o}${h}`, (pins.get(`${o}${h}`) ?? 0) + 1);
            // What is here and was not pinned may have been evicted; what is pinned never.
            for (const h of missing) filled.delete(h);
            expect(missing.every((h) => distinct.includes(h))).toBe(true);
          } else if (kind === 'fill') {
            for (const h of distinct) {
              if ((pins.get(`${o}${h}`) ?? 0) === 0) continue;
              pages.fill(o, h, 16);
              filled.add(h);
            }
          } else if (kind === 'release') {
            pages.release(o, hashes);
            for (const h of distinct) pins.set(`${o}${h}`, Math.max(0, (pins.get(`${o}${h}`) ?? 0) - 1));
          } else if (kind === 'releaseAll') {
            pages.releaseAll(o);
            for (const key of Array.from(pins.keys())) if (key.startsWith(String(o))) pins.delete(key);
          } else {
            pages.takeEvicted();
          }
          expect(pages.used).toBeLessThanOrEqual(count);
          const places = new Set<number>();
          let inUse = 0;
          for (const [key, n] of pins) {
            if (n === 0 || !filled.has(key.slice(1))) continue;
            places.add(pages.use(Number(key[0]), key.slice(1)).index);
          }
          for (const h of filled) if (pinned(h)) inUse += 1;
          expect(places.size).toBe(inUse);
          for (const place of places) expect(place).toBeLessThan(count);
        }
      }),
    );
  });
});
