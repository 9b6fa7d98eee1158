/** Whoever holds the coordinator’s key can sign any log. This is every lie of that kind, and what it is called. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ContradictionKind } from '../../src/audit/contradiction.ts';
import { openLease, sealLease } from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { decodeLogEntry, encodeLogEntry } from '../../src/protocol/log-entry.ts';
import {
  type Change,
  type Changes,
  type Draft,
  LogBuilder,
  auditFiles,
  contradictionOf,
  otherHash,
} from './log-builder.ts';
import type { Matrices } from './product-files.ts';
import { AT, CELLS, built, flip, smallProduct } from './small-log.ts';

let small: Matrices;
let stranger: SigningKey;

beforeAll(async () => {
  small = await smallProduct();
  stranger = await generateKey();
});

/** A different contributor than entry 3's. */
const otherOf = (log: Draft): string =>
  log.receipt.contributor === peerIdOf(stranger) ? '' : peerIdOf(stranger);

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
    const log = await built(small, changes());
    const found = await contradictionOf(await log.publish());
    expect(found).toMatchObject({ kind, index: AT });
    expect(found.message).toContain(`entry ${AT}: ${kind}: `);
    expect(found.expected).not.toBe(found.found);
  });

  it('a lease that is credited twice', async () => {
    const log = await built(small);
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
    const log = await built(small);
    log.entries.push(log.entries[2]!);
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'log-index', index: 6 });
  });

  it('an entry that is left out', async () => {
    const log = await built(small);
    log.entries.splice(2, 1);
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'log-index', index: 2 });
  });

  it('two entries in each other’s places', async () => {
    const log = await built(small);
    [log.entries[1], log.entries[4]] = [log.entries[4]!, log.entries[1]!];
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'log-index', index: 1 });
  });

  it('an entry that is none', async () => {
    const log = await built(small);
    log.entries[4] = Uint8Array.of(1, 2, 3);
    expect(await contradictionOf(await log.publish())).toMatchObject({ kind: 'entry-form', index: 4 });
  });

  it('a lease that was made anew for an old result', async () => {
    const log = await built(small);
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
