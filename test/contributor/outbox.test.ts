import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox, type PendingResult } from '../../src/contributor/outbox.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import { valuesUnder } from './stored.ts';

/** One 2 × 2 block of i32 whose rows are padded to 16 bytes. */
const block = (value: number): Uint8Array =>
  new Uint8Array(Int32Array.of(value, value, 0, 0, value, value, 0, 0).buffer);
const SHAPE = { dtype: 'i32', rows: 2, cols: 2 } as const;

const result = (lease: string): PendingResult => ({
  lease,
  leaseEnvelope: Uint8Array.of(1),
  resultEnvelope: Uint8Array.of(2),
  job: 'job',
  project: 'a test',
  blocks: [],
  bytes: 32,
});

async function hold(outbox: Outbox, lease: string, value: number): Promise<Hash> {
  const staged = await outbox.stage(SHAPE, [block(value)]);
  staged.hold(result(lease));
  return staged.manifest;
}

const leases = (outbox: Outbox): string[] => outbox.pending().map(({ lease }) => lease);

const fetchFrom =
  (outbox: Outbox) =>
  async (hash: Hash): Promise<Uint8Array> => {
    const bytes = await outbox.source(hash);
    if (!bytes) throw new AppError('not-found', hash);
    return bytes;
  };

describe('results that wait for their receipt', () => {
  it('serves what the manifest names, once it is held and not before', async () => {
    const outbox = new Outbox();
    const staged = await outbox.stage(SHAPE, [block(7)]);
    expect(staged.bytes).toBe(32);
    expect(await outbox.source(staged.manifest)).toBeUndefined();
    staged.hold(result('one'));
    expect(Array.from(await valuesUnder(staged.manifest, fetchFrom(outbox)))).toEqual([7, 7, 7, 7]);
    expect(outbox.get('one')).toMatchObject({ job: 'job', bytes: 32 });
  });

  it('cuts a result of several cells into strips', async () => {
    const outbox = new Outbox();
    const shape = { dtype: 'i32', rows: 258, cols: 257 } as const;
    const cells = [
      new Uint8Array(256 * 1024).fill(1),
      new Uint8Array(256 * 16).fill(2),
      new Uint8Array(2 * 1024).fill(3),
      new Uint8Array(2 * 16).fill(4),
    ];
    const staged = await outbox.stage(shape, cells);
    staged.hold(result('one'));
    const values = await valuesUnder(staged.manifest, fetchFrom(outbox));
    expect([values[0], values[256], values[256 * 257], values[258 * 257 - 1]]).toEqual(
      [1, 2, 3, 4].map((byte) => byte * 0x01010101),
    );
  });

  it('tells how much of each result has been pulled, each block once', async () => {
    const outbox = new Outbox();
    const pulled: [string, number][] = [];
    outbox.onPulled = (lease, share) => void pulled.push([lease, share]);
    const manifest = await hold(outbox, 'one', 7);
    await valuesUnder(manifest, fetchFrom(outbox));
    await valuesUnder(manifest, fetchFrom(outbox));
    // The manifest, its root, its only strip, its only block.
    expect(pulled).toEqual([0.25, 0.5, 0.75, 1].map((share) => ['one', share]));
    await outbox.source('ff'.repeat(32));
    expect(pulled).toHaveLength(4);
  });

  it('frees blocks that two results share with the last of them', async () => {
    const outbox = new Outbox();
    const manifest = await hold(outbox, 'one', 7);
    expect(await hold(outbox, 'two', 7)).toBe(manifest);
    expect(outbox.drop('one')).toBe(true);
    expect(await outbox.source(manifest)).toBeDefined();
    expect(outbox.drop('two')).toBe(true);
    expect(await outbox.source(manifest)).toBeUndefined();
    expect(outbox.drop('two')).toBe(false);
  });

  it('holds a result once, however often it is handed in', async () => {
    const outbox = new Outbox();
    const manifest = await hold(outbox, 'one', 7);
    await hold(outbox, 'one', 7);
    expect(leases(outbox)).toEqual(['one']);
    outbox.drop('one');
    expect(await outbox.source(manifest)).toBeUndefined();
  });

  it('gives up the oldest beyond eight, and what is left is what a reconnect commits again', async () => {
    const outbox = new Outbox();
    const manifests: Hash[] = [];
    for (let i = 0; i < 10; i++) manifests.push(await hold(outbox, `lease ${i}`, i));
    expect(leases(outbox)).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((i) => `lease ${i}`));
    expect(outbox.get('lease 1')).toBeUndefined();
    expect(await outbox.source(manifests[1]!)).toBeUndefined();
    expect(await outbox.source(manifests[2]!)).toBeDefined();
  });

  it('keeps exactly the blocks of what it holds, in any order of holding and dropping', async () => {
    const step = fc.record({ lease: fc.nat(4).map(String), value: fc.nat(2), drop: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const outbox = new Outbox();
        const held = new Map<string, Hash>();
        const seen = new Set<Hash>();
        for (const { lease, value, drop } of steps) {
          if (drop) {
            expect(outbox.drop(lease)).toBe(held.delete(lease));
          } else {
            const manifest = await hold(outbox, lease, value);
            held.set(lease, manifest);
            seen.add(manifest);
          }
        }
        const wanted = new Set(held.values());
        for (const manifest of seen) {
          expect((await outbox.source(manifest)) !== undefined).toBe(wanted.has(manifest));
        }
      }),
      { numRuns: 50 },
    );
  });
});
