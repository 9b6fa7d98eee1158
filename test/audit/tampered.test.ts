/** Whoever holds the coordinator's key can sign any log. This is every lie of that kind, and what it is called. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContradictionKind } from '../../src/audit/contradiction.ts';
import { blockPath, shardPath } from '../../src/audit/source.ts';
import { type Bytes, utf8 } from '../../src/core/bytes.ts';
import { openLease, sealLease } from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { decodeLogEntry, encodeLogEntry } from '../../src/protocol/log-entry.ts';
import {
  type Change,
  type Changes,
  type Draft,
  type Files,
  LogBuilder,
  type Matrices,
  auditFiles,
  contradictionOf,
  matrices,
  otherHash,
} from './log-builder.ts';

/** 3 × 2 cells, ragged on both sides. */
let small: Matrices;
let floats: Matrices;
let stranger: SigningKey;

const CELLS = Array.from({ length: 6 }, (_, i) => ({
  rowBlock: Math.floor(i / 2),
  colBlock: i % 2,
  rowBlocks: 1,
  colBlocks: 1,
}));
const AT = 3;

beforeAll(async () => {
  small = await matrices('i8', 600, 300, 40);
  floats = await matrices('f32', 270, 260, 20);
  stranger = await generateKey();
});

/** Six cells, credited to two contributors in turn; entry 3 is changed. */
async function built(changes: Changes = {}): Promise<LogBuilder> {
  const log = await LogBuilder.open();
  const only =
    <T extends unknown[]>(change: ((...args: T) => void) | undefined) =>
    (...args: T) => {
      if (args.at(-1) === AT) change?.(...args);
    };
  for (const [i, cell] of CELLS.entries()) {
    await log.credit(
      small,
      cell,
      { who: i % 2 },
      {
        lease: only(changes.lease),
        result: only(changes.result),
        receipt: only(changes.receipt),
        sealed: only(changes.sealed),
      },
    );
  }
  return log;
}

/** Replaces the bytes of a file. */
function edit(files: Files, path: string, change: (bytes: Bytes) => Bytes | void): void {
  const bytes = files.get(path)!.slice();
  files.set(path, change(bytes) ?? bytes);
}

const flip = (bytes: Uint8Array, at: number): void => {
  bytes[at] = bytes[at]! ^ 1;
};

/** A different contributor than entry 3's. */
const otherOf = (log: Draft): string =>
  log.receipt.contributor === peerIdOf(stranger) ? '' : peerIdOf(stranger);

describe('an honest log', () => {
  it('holds, with every count of what was checked', async () => {
    const log = await built();
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

type Lie = readonly [what: string, kind: ContradictionKind, changes: () => Changes];

const signedLies: readonly Lie[] = [
  [
    'a receipt that somebody else signed',
    'receipt-signer',
    () => ({ receipt: (d) => (d.receiptKey = stranger) }),
  ],
  ['a lease that somebody else signed', 'lease-signer', () => ({ lease: (d) => (d.leaseKey = stranger) })],
  [
    'a result that the contributor did not sign',
    'result-signer',
    () => ({ result: (d) => (d.resultKey = stranger) }),
  ],
  [
    'a receipt whose signature is broken',
    'receipt-signature',
    () => ({ sealed: (e) => flip(e.receipt, e.receipt.length - 1) }),
  ],
  [
    'a lease whose signature is broken',
    'lease-signature',
    () => ({ sealed: (e) => flip(e.lease, e.lease.length - 1) }),
  ],
  [
    'a result whose signature is broken',
    'result-signature',
    () => ({ sealed: (e) => flip(e.result, e.result.length - 1) }),
  ],
  [
    'a receipt in the place of the lease',
    'lease-form',
    () => ({ sealed: (e) => void (e.lease = e.receipt) }),
  ],
  [
    'a result in the place of the receipt',
    'receipt-form',
    () => ({ sealed: (e) => void (e.receipt = e.result) }),
  ],
  ['a lease in the place of the result', 'result-form', () => ({ sealed: (e) => void (e.result = e.lease) })],
  [
    'a result for another lease',
    'lease-binding',
    () => ({ result: (d) => (d.result = { ...d.result, leaseDigest: otherHash(d.result.leaseDigest) }) }),
  ],
  [
    'a receipt for another lease',
    'lease-binding',
    () => ({ receipt: (d) => (d.receipt = { ...d.receipt, leaseDigest: otherHash(d.receipt.leaseDigest) }) }),
  ],
  [
    'a receipt for another result',
    'result-binding',
    () => ({
      receipt: (d) => (d.receipt = { ...d.receipt, resultDigest: otherHash(d.receipt.resultDigest) }),
    }),
  ],
  [
    'a receipt with another lease id',
    'lease-id',
    () => ({ receipt: (d) => (d.receipt = { ...d.receipt, lease: 'f'.repeat(32) }) }),
  ],
  [
    'a receipt for another job',
    'job',
    () => ({ receipt: (d) => (d.receipt = { ...d.receipt, job: 'other' }) }),
  ],
  [
    'credit that goes to somebody else',
    'contributor',
    () => ({ receipt: (d) => (d.receipt = { ...d.receipt, contributor: otherOf(d) }) }),
  ],
  [
    'a receipt that names another place in the log',
    'log-index',
    () => ({ receipt: (d) => (d.receipt = { ...d.receipt, logIndex: AT + 1 }) }),
  ],
  [
    'more work than the rectangle holds',
    'multiply-adds',
    () => ({ receipt: (d) => (d.receipt = { ...d.receipt, multiplyAdds: d.receipt.multiplyAdds + 1n }) }),
  ],
  [
    'a microcredit too many',
    'microcredits',
    () => ({
      receipt: (d) =>
        (d.receipt = {
          ...d.receipt,
          microcredits: d.receipt.microcredits + 1n,
          balanceMicrocredits: d.receipt.balanceMicrocredits + 1n,
        }),
    }),
  ],
  [
    'a microcredit too few',
    'microcredits',
    () => ({
      receipt: (d) =>
        (d.receipt = {
          ...d.receipt,
          microcredits: d.receipt.microcredits - 1n,
          balanceMicrocredits: d.receipt.balanceMicrocredits - 1n,
        }),
    }),
  ],
  [
    'a balance that is not the sum',
    'balance',
    () => ({
      receipt: (d) => (d.receipt = { ...d.receipt, balanceMicrocredits: d.receipt.balanceMicrocredits + 1n }),
    }),
  ],
  [
    'a weaker check than was promised',
    'weak-check',
    () => ({ receipt: (d) => (d.receipt = { ...d.receipt, missLog2: 60 }) }),
  ],
  [
    'a rectangle that C does not have',
    'outside-product',
    () => ({ lease: (d) => (d.lease = { ...d.lease, work: { ...d.lease.work, colBlock: 7 } }) }),
  ],
  [
    'a job whose operands change',
    'job-operands',
    () => ({
      lease: (d) =>
        (d.lease = { ...d.lease, work: { ...d.lease.work, b: d.lease.work.a, rowBlock: 0, colBlock: 0 } }),
    }),
  ],
  [
    'a cell that was credited before',
    'cell-credited-twice',
    () => ({
      lease: (d) => {
        d.lease = { ...d.lease, work: { ...d.lease.work, rowBlock: 0, colBlock: 1 } };
      },
      receipt: (d) => {
        d.receipt = { ...d.receipt, multiplyAdds: 256n * 44n * 40n };
      },
    }),
  ],
];

describe('a log that the coordinator signed with', () => {
  it.each(signedLies)('%s: %s', async (_what, kind, changes) => {
    const log = await built(changes());
    const found = await contradictionOf(await log.publish());
    expect(found).toMatchObject({ kind, index: AT });
    expect(found.message).toContain(`entry ${AT}: ${kind}: `);
    expect(found.expected).not.toBe(found.found);
  });

  it('a lease that is credited twice', async () => {
    const log = await built();
    let id = '';
    await log.credit(small, CELLS[0]!, { job: 'second' }, { lease: (d) => void ({ id } = d.lease) });
    const again: Changes = {
      lease: (d) => (d.lease = { ...d.lease, id }),
      receipt: (d) => (d.receipt = { ...d.receipt, lease: id }),
    };
    await log.credit(small, CELLS[1]!, { job: 'second' }, again);
    expect(await contradictionOf(await log.publish())).toMatchObject({
      kind: 'lease-credited-twice',
      index: 7,
      subject: `lease ${id}`,
    });
  });

  it('an entry that is there twice', async () => {
    const log = await built();
    log.entries.push(log.entries[2]!);
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'log-index', index: 6 });
  });

  it('an entry that is left out', async () => {
    const log = await built();
    log.entries.splice(2, 1);
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'log-index', index: 2 });
  });

  it('two entries in each other’s places', async () => {
    const log = await built();
    [log.entries[1], log.entries[4]] = [log.entries[4]!, log.entries[1]!];
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'log-index', index: 1 });
  });

  it('an entry that is none', async () => {
    const log = await built();
    log.entries[4] = Uint8Array.of(1, 2, 3);
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'entry-form', index: 4 });
  });

  it('a lease that was made anew for an old result', async () => {
    const log = await built();
    const parts = decodeLogEntry(log.entries[AT]!);
    const { value } = await openLease(parts.lease);
    const lease = await sealLease({ ...value, project: 'another' }, log.keys.coordinator);
    log.entries[AT] = encodeLogEntry({ ...parts, lease });
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'lease-binding', index: AT });
  });
});

describe('a log of a supply with a cap', () => {
  const credited =
    (change: bigint, before = 0n): Change =>
    (d) => {
      const { microcredits, balanceMicrocredits } = d.receipt;
      d.receipt = {
        ...d.receipt,
        microcredits: microcredits + change,
        balanceMicrocredits: balanceMicrocredits + change + before,
      };
    };

  it('may credit less than the work, never more, and never more than the cap together', async () => {
    const log = await LogBuilder.open(1);
    await log.credit(small, CELLS[0]!, {}, { receipt: credited(-2n) });
    await log.credit(small, CELLS[1]!, {}, { receipt: credited(0n, -2n) });
    const files = await log.publish();
    const { microcredits } = await auditFiles(files, { supplyCap: 100n });
    expect(microcredits).toBe(2n);
    expect((await auditFiles(files, { supplyCap: 2n })).microcredits).toBe(2n);
    const over = await contradictionOf(files, { supplyCap: 1n });
    expect(over).toMatchObject({ kind: 'microcredits', index: 1, found: '2' });
    const uncapped = await contradictionOf(files);
    expect(uncapped).toMatchObject({ kind: 'microcredits', index: 0 });
    await log.credit(small, CELLS[2]!, {}, { receipt: credited(1n, -2n) });
    const above = await contradictionOf(await log.publish(), { supplyCap: 100n });
    expect(above).toMatchObject({ kind: 'microcredits', index: 2 });
  });
});

describe('files that are not those of the log', () => {
  const bundle = 'log/tile/entries/000.p/6';
  const tile = 'log/tile/0/000.p/6';

  it('are found in a bundle: an entry was changed after it was logged', async () => {
    const files = await (await built()).publish();
    edit(files, bundle, (bytes) => flip(bytes, bytes.length - 10));
    expect(await contradictionOf(files)).toMatchObject({ kind: 'tile-mismatch', index: 5 });
  });

  it('are found in a tile: a hash is another', async () => {
    const files = await (await built()).publish();
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
      const files = await (await built()).publish();
      change(files);
      expect((await contradictionOf(files)).kind).toBe(kind);
    }
  });

  it('have another root than the checkpoint', async () => {
    const log = await built();
    const files = await log.publish();
    const note = files.get('log/checkpoint')!;
    log.entries.pop();
    await log.credit(small, { rowBlock: 2, colBlock: 1, rowBlocks: 1, colBlocks: 1 }, { job: 'other' });
    await log.publish();
    files.set('log/checkpoint', note);
    expect((await contradictionOf(files)).kind).toBe('root-mismatch');
  });

  it('are under a checkpoint that is not the coordinator’s', async () => {
    const log = await built();
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
    const log = await built();
    const earlier = [];
    for (const size of [0, 1, 4, 4, 6]) earlier.push(...kept(await log.publish(size), `of ${size}`));
    const report = await auditFiles(await log.publish(), { earlier });
    expect(report).toMatchObject({ earlierCheckpoints: 5, signatures: 24 });
  });

  it('has become shorter', async () => {
    const log = await built();
    const earlier = kept(await log.publish());
    expect(await contradictionOf(await log.publish(4), { earlier })).toMatchObject({
      kind: 'log-shrank',
      expected: 'at least 6 entries',
      found: '4',
    });
  });

  it.each([3, 6])('was rewritten below %i entries', async (size) => {
    const log = await built();
    const earlier = kept(await log.publish(size));
    const rewritten = new LogBuilder(log.keys);
    for (const cell of CELLS) await rewritten.credit(small, cell);
    expect(await contradictionOf(await rewritten.publish(), { earlier })).toMatchObject({
      kind: 'log-forked',
    });
  });

  it('cannot have had one that its coordinator never signed', async () => {
    const log = await built();
    const earlier = kept(await log.publish(2, stranger));
    expect((await contradictionOf(await log.publish(), { earlier })).kind).toBe('checkpoint-key');
  });
});

describe('results that are checked again', () => {
  const wrongAt = (values: Float64Array, at: number, by: number): Float64Array => {
    const c = values.slice();
    c[at] = c[at]! + by;
    return c;
  };
  const whole = { rowBlock: 0, colBlock: 0, rowBlocks: 3, colBlocks: 2 };

  it.each([
    ['one value off by one', 1],
    ['one value off by the top bit', -(2 ** 31)],
    ['one value off by 2^31 − 1, which is no zero over ℤ', 2 ** 31 - 1],
  ])('are wrong with %s, though the coordinator signed a receipt', async (_what, by) => {
    const log = await LogBuilder.open();
    const at = small.c.findIndex((value) => Math.abs(value + by) < 2 ** 31);
    await log.credit(small, whole, { c: wrongAt(small.c, at, by) });
    const found = await contradictionOf(await log.publish());
    expect(found).toMatchObject({ kind: 'result-wrong', index: 0, expected: 'A·Bᵀ' });
  });

  it('are wrong in floats beyond the bound', async () => {
    const log = await LogBuilder.open();
    const rect = { rowBlock: 0, colBlock: 0, rowBlocks: 2, colBlocks: 2 };
    await log.credit(floats, rect, { c: wrongAt(floats.c, 260 * 260 + 7, 0.5) });
    expect((await contradictionOf(await log.publish())).kind).toBe('result-wrong');
  });

  it('are computed whole where they are narrower than a check', async () => {
    const narrow = await matrices('i8', 40, 3, 20);
    const log = await LogBuilder.open();
    const rect = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 1 };
    await log.credit(narrow, rect);
    expect((await auditFiles(await log.publish())).rechecked).toMatchObject({
      results: 1,
      missLog2: undefined,
    });
    await log.credit(narrow, rect, { job: 'second', c: wrongAt(narrow.c, 100, 1) });
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'result-wrong', index: 1 });
  });

  it('are not those that were signed, damaged, or gone', async () => {
    const log = await LogBuilder.open();
    await log.credit(small, whole);
    const files = await log.publish();
    const shard = [...files.keys()].find((path) => path.startsWith(shardPath('')))!;
    const { blocks } = JSON.parse(utf8.decode(files.get(shard)!)) as { blocks: string[] };
    const json = (value: unknown): Bytes => utf8.encode(JSON.stringify(value));
    const cases: readonly (readonly [ContradictionKind, (of: Files) => void])[] = [
      ['result-missing', (of) => of.delete(shard)],
      ['result-manifest', (of) => of.set(shard, json({ blocks: blocks.toReversed() }))],
      ['result-manifest', (of) => of.set(shard, json({ blocks: blocks.slice(1) }))],
      ['result-manifest', (of) => of.set(shard, json([]))],
      ['result-manifest', (of) => of.set(shard, Uint8Array.of(123))],
      ['block-missing', (of) => of.delete(blockPath(blocks[1]!))],
      ['block-hash', (of) => edit(of, blockPath(blocks[1]!), (bytes) => flip(bytes, 0))],
      ['operand-missing', (of) => of.delete(blockPath(small.b))],
      ['block-hash', (of) => edit(of, blockPath(small.b), (bytes) => flip(bytes, 47))],
    ];
    for (const [kind, change] of cases) {
      const changed = new Map(files);
      change(changed);
      expect(await contradictionOf(changed)).toMatchObject({ kind, index: 0 });
    }
  });
});
