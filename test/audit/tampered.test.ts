/** Files that are not those of the log, and logs that are not what they were. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContradictionKind } from '../../src/audit/contradiction.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { type Changes, LogBuilder, auditFiles, contradictionOf } from './log-builder.ts';
import { type Files, type Matrices, matrices } from './product-files.ts';
import { CELLS, built, edit, flip, smallProduct } from './small-log.ts';

let small: Matrices;
let floats: Matrices;
let stranger: SigningKey;

beforeAll(async () => {
  small = await smallProduct();
  floats = await matrices('f32', 270, 260, 20);
  stranger = await generateKey();
});

describe('an honest log', () => {
  it('holds, with every count of what was checked', async () => {
    const log = await built(small);
    const report = await auditFiles(await log.publish());
    expect(report).toMatchObject({
      coordinator: log.coordinator,
      origin: `tilework/${log.coordinator}`,
      size: 6,
      tiles: 1,
      bundles: 1,
      signatures: 19,
      contributors: 2,
      jobs: 1,
      leases: 6,
      cells: 6,
      shapes: 6,
      multiplyAdds: 600n * 300n * 40n,
    });
    expect(report.rechecked).toMatchObject({ results: 6, of: 6, missing: 0, floats: 0 });
    expect(report.rechecked.missLog2).toBeLessThanOrEqual(-108);
    const sum = report.balances.reduce((total, [, balance]) => total + balance, 0n);
    expect(sum).toBe(report.microcredits);
  });

  it('holds for floats within their bound, and says that they are floats', async () => {
    const log = await LogBuilder.open();
    await log.credit(floats, { rowBlock: 0, colBlock: 0, rowBlocks: 2, colBlocks: 2 });
    const { rechecked } = await auditFiles(await log.publish());
    expect(rechecked).toMatchObject({ results: 1, floats: 1 });
    expect(rechecked.missLog2).toBeLessThanOrEqual(-108);
  });

  it('holds when nothing is in it', async () => {
    const log = await LogBuilder.open();
    expect(await auditFiles(await log.publish())).toMatchObject({ size: 0, microcredits: 0n, signatures: 1 });
  });

  it('holds with receipts that are older than the log and name no place in it', async () => {
    const log = await LogBuilder.open();
    const unnamed: Changes = {
      receipt: (draft) => {
        const { logIndex: _, ...receipt } = draft.receipt;
        draft.receipt = receipt;
      },
    };
    await log.credit(small, CELLS[0]!, {}, unnamed);
    await log.credit(small, CELLS[1]!);
    expect((await auditFiles(await log.publish())).size).toBe(2);
    await log.credit(small, CELLS[2]!, {}, unnamed);
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'log-index', index: 2 });
  });
});

describe('files that are not those of the log', () => {
  const bundle = 'log/tile/entries/000.p/6';
  const tile = 'log/tile/0/000.p/6';

  it('are found in a bundle: an entry was changed after it was logged', async () => {
    const files = await (await built(small)).publish();
    edit(files, bundle, (bytes) => flip(bytes, bytes.length - 10));
    expect(await contradictionOf(files)).toMatchObject({ kind: 'tile-mismatch', index: 5 });
  });

  it('are found in a tile: a hash is another', async () => {
    const files = await (await built(small)).publish();
    edit(files, tile, (bytes) => flip(bytes, 2 * 32 + 5));
    expect(await contradictionOf(files)).toMatchObject({ kind: 'tile-mismatch', index: 2 });
  });

  it('are missing, cut or too long', async () => {
    const cases: readonly (readonly [ContradictionKind, (files: Files) => void])[] = [
      ['checkpoint-missing', (files) => files.delete('log/checkpoint')],
      ['bundle-missing', (files) => files.delete(bundle)],
      ['tile-missing', (files) => files.delete(tile)],
      ['bundle-form', (files) => edit(files, bundle, (bytes) => bytes.slice(0, -1))],
      ['bundle-form', (files) => edit(files, bundle, (bytes) => new Uint8Array([...bytes, 0, 0]))],
      ['tile-mismatch', (files) => edit(files, tile, (bytes) => bytes.slice(0, -32))],
    ];
    for (const [kind, change] of cases) {
      const files = await (await built(small)).publish();
      change(files);
      expect((await contradictionOf(files)).kind).toBe(kind);
    }
  });

  it('have another root than the checkpoint', async () => {
    const log = await built(small);
    const files = await log.publish();
    const note = files.get('log/checkpoint')!;
    log.entries.pop();
    await log.credit(small, { rowBlock: 2, colBlock: 1, rowBlocks: 1, colBlocks: 1 }, { job: 'other' });
    await log.publish();
    files.set('log/checkpoint', note);
    expect((await contradictionOf(files)).kind).toBe('root-mismatch');
  });

  it('are under a checkpoint that is not the coordinator’s', async () => {
    const log = await built(small);
    const files = await log.publish();
    expect(await contradictionOf(files, { coordinator: peerIdOf(stranger) })).toMatchObject({
      kind: 'checkpoint-key',
      expected: peerIdOf(stranger),
      found: log.coordinator,
    });
    const note = utf8.decode(files.get('log/checkpoint')!);
    const signed = (text: string): Files => new Map([...files, ['log/checkpoint', utf8.encode(text)]]);
    const kindOf = async (text: string): Promise<string> => (await contradictionOf(signed(text))).kind;
    expect(await kindOf(note.replace('\n6\n', '\n5\n'))).toBe('checkpoint-signature');
    expect(await kindOf(note.replace('tilework/', 'othernet/'))).toBe('checkpoint-origin');
    expect(await kindOf(`${log.coordinator}\n`)).toBe('checkpoint-origin');
    expect(await kindOf(note.split('\n\n')[0]!)).toBe('checkpoint-form');
    expect(await kindOf(note.replaceAll(log.coordinator, peerIdOf(stranger)))).toBe('checkpoint-signature');
  });
});

describe('a log beside its earlier checkpoints', () => {
  const kept = (files: Files, name = 'kept') => [{ name, note: files.get('log/checkpoint')! }];

  it('extends each of them', async () => {
    const log = await built(small);
    const earlier = [];
    for (const size of [0, 1, 4, 4, 6]) earlier.push(...kept(await log.publish(size), `of ${size}`));
    const report = await auditFiles(await log.publish(), { earlier });
    expect(report).toMatchObject({ earlierCheckpoints: 5, signatures: 24 });
  });

  it('has become shorter', async () => {
    const log = await built(small);
    const earlier = kept(await log.publish());
    expect(await contradictionOf(await log.publish(4), { earlier })).toMatchObject({
      kind: 'log-shrank',
      expected: 'at least 6 entries',
      found: '4',
    });
  });

  it.each([3, 6])('was rewritten below %i entries', async (size) => {
    const log = await built(small);
    const earlier = kept(await log.publish(size));
    const rewritten = new LogBuilder(log.keys);
    for (const cell of CELLS) await rewritten.credit(small, cell);
    expect(await contradictionOf(await rewritten.publish(), { earlier })).toMatchObject({
      kind: 'log-forked',
    });
  });

  it('cannot have had one that its coordinator never signed', async () => {
    const log = await built(small);
    const earlier = kept(await log.publish(2, stranger));
    expect((await contradictionOf(await log.publish(), { earlier })).kind).toBe('checkpoint-key');
  });
});
