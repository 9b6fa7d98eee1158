/** What signed envelopes hold: leases, results and receipts, and the checks of every field. */
import { SHA256_BYTES } from '../core/bytes.ts';
import type { Hash } from '../matrix/manifest.ts';
import * as f from './fields.ts';
import {
  MAX_CELLS_PER_LEASE,
  MAX_ENVELOPE_BYTES,
  MAX_LEASE_MS,
  MAX_NAME_BYTES,
  MAX_ROW_BLOCKS,
  MAX_TEXT_BYTES,
  MAX_TIME_MS,
} from './limits.ts';
import * as pb from './pb/signed.js';
import { type FieldRule, type MessageRules, checkMessage } from './wire.ts';

export interface Lease {
  readonly id: f.Hex;
  /** PeerId that it was given to. */
  readonly contributor: string;
  readonly job: string;
  readonly project: string;
  readonly issuedMs: number;
  readonly deadlineMs: number;
  readonly microcredits: bigint;
  readonly work: Product;
}

/** C[rows, columns] = A·Bᵀ over all of K; the rectangle is in row-blocks of A and of B. */
export interface Product {
  readonly kind: 'product';
  /** Manifest hashes. */
  readonly a: Hash;
  readonly b: Hash;
  readonly rowBlock: number;
  readonly colBlock: number;
  readonly rowBlocks: number;
  readonly colBlocks: number;
}

export interface Result {
  /** SHA-256 of the lease's envelope. */
  readonly leaseDigest: Hash;
  /** Manifest hash of the shard's C. */
  readonly manifest: Hash;
  readonly gpuMs: number;
  readonly client: string;
}

export interface Receipt {
  readonly leaseDigest: Hash;
  /** SHA-256 of the result's envelope. */
  readonly resultDigest: Hash;
  readonly lease: f.Hex;
  /** PeerId credited. */
  readonly contributor: string;
  readonly job: string;
  readonly multiplyAdds: bigint;
  readonly microcredits: bigint;
  /** After this receipt. */
  readonly balanceMicrocredits: bigint;
  /** A wrong result passes with probability at most 2^−missLog2. */
  readonly missLog2: number;
  readonly timeMs: number;
  /** Its leaf in the coordinator's public log; only receipts that are older than the log have none. */
  readonly logIndex?: number;
}

/** A payload's codec; envelope.ts signs what it makes. `decode` is total: 'bad-frame' or a value. */
export interface Payload<T> {
  encode(value: T): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array): T;
}

const MAX_U32 = 0xffffffff;

const u32: FieldRule = { kind: 'u32' };
const u64: FieldRule = { kind: 'u64' };
const id: FieldRule = { kind: 'bytes', min: f.LEASE_ID_BYTES, max: f.LEASE_ID_BYTES };
const hash: FieldRule = { kind: 'bytes', min: SHA256_BYTES, max: SHA256_BYTES };
const name: FieldRule = { kind: 'text', min: 1, max: MAX_NAME_BYTES };
const text: FieldRule = { kind: 'text', min: 0, max: MAX_TEXT_BYTES };

const PRODUCT: MessageRules = { 1: hash, 2: hash, 3: u32, 4: u32, 5: u32, 6: u32 };
const WORK = 8;
const LEASE: MessageRules = {
  1: id,
  2: name,
  3: name,
  4: text,
  5: u64,
  6: u64,
  7: u64,
  [WORK]: { kind: 'message', rules: PRODUCT },
};
const RESULT: MessageRules = { 1: hash, 2: hash, 3: u64, 4: text };
const RECEIPT: MessageRules = {
  1: hash,
  2: hash,
  3: id,
  4: name,
  5: name,
  6: u64,
  7: u64,
  8: u64,
  9: u32,
  10: u64,
  11: u64,
};

export const leasePayload = payload<Lease>(
  LEASE,
  (lease) =>
    pb.Lease.encode({
      id: f.bytesOf(lease.id, f.LEASE_ID_BYTES, 'the lease id'),
      contributor: lease.contributor,
      job: f.nameOf(lease.job, 'the job'),
      project: f.nameOf(lease.project, 'the project'),
      issuedMs: f.numberOf(lease.issuedMs, MAX_TIME_MS, 'issuedMs'),
      deadlineMs: f.numberOf(lease.deadlineMs, MAX_TIME_MS, 'deadlineMs'),
      microcredits: f.unitsTo(lease.microcredits, 'microcredits'),
      product: productTo(lease.work),
    }),
  (bytes) => {
    const lease = pb.Lease.decode(bytes);
    const issuedMs = f.numberOf(lease.issuedMs, MAX_TIME_MS, 'issuedMs');
    const deadlineMs = f.numberOf(lease.deadlineMs, MAX_TIME_MS, 'deadlineMs');
    f.ensure(deadlineMs > issuedMs, 'a lease must end after it begins');
    f.ensure(deadlineMs - issuedMs <= MAX_LEASE_MS, `a lease lasts at most ${MAX_LEASE_MS} ms`);
    f.ensure(
      lease.product !== undefined,
      'this lease asks for a kind of work that this version does not know; a newer version may',
    );
    return {
      id: f.hexOf(lease.id, f.LEASE_ID_BYTES, 'the lease id'),
      contributor: f.peerIdOf(lease.contributor, 'the contributor'),
      job: f.nameOf(lease.job, 'the job'),
      project: f.nameOf(lease.project, 'the project'),
      issuedMs,
      deadlineMs,
      microcredits: f.unitsFrom(lease.microcredits, 'microcredits'),
      work: productFrom(lease.product!),
    };
  },
);

export const resultPayload = payload<Result>(
  RESULT,
  (result) =>
    pb.Result.encode({
      leaseDigest: f.bytesOf(result.leaseDigest, SHA256_BYTES, 'the lease digest'),
      manifest: f.bytesOf(result.manifest, SHA256_BYTES, 'the manifest hash'),
      gpuMs: f.numberOf(result.gpuMs, Number.MAX_SAFE_INTEGER, 'gpuMs'),
      client: f.nameOf(result.client, 'the client'),
    }),
  (bytes) => {
    const result = pb.Result.decode(bytes);
    return {
      leaseDigest: f.hexOf(result.leaseDigest, SHA256_BYTES, 'the lease digest'),
      manifest: f.hexOf(result.manifest, SHA256_BYTES, 'the manifest hash'),
      gpuMs: f.numberOf(result.gpuMs, Number.MAX_SAFE_INTEGER, 'gpuMs'),
      client: f.nameOf(result.client, 'the client'),
    };
  },
);

export const receiptPayload = payload<Receipt>(
  RECEIPT,
  (receipt) =>
    pb.Receipt.encode({
      leaseDigest: f.bytesOf(receipt.leaseDigest, SHA256_BYTES, 'the lease digest'),
      resultDigest: f.bytesOf(receipt.resultDigest, SHA256_BYTES, 'the result digest'),
      lease: f.bytesOf(receipt.lease, f.LEASE_ID_BYTES, 'the lease id'),
      contributor: receipt.contributor,
      job: f.nameOf(receipt.job, 'the job'),
      multiplyAdds: f.unitsTo(receipt.multiplyAdds, 'multiplyAdds'),
      microcredits: f.unitsTo(receipt.microcredits, 'microcredits'),
      balanceMicrocredits: f.unitsTo(receipt.balanceMicrocredits, 'the balance'),
      missLog2: f.intIn(receipt.missLog2, 0, MAX_U32, 'missLog2'),
      timeMs: f.numberOf(receipt.timeMs, MAX_TIME_MS, 'timeMs'),
      ...logIndexOf(receipt),
    }),
  (bytes) => {
    const receipt = pb.Receipt.decode(bytes);
    return {
      leaseDigest: f.hexOf(receipt.leaseDigest, SHA256_BYTES, 'the lease digest'),
      resultDigest: f.hexOf(receipt.resultDigest, SHA256_BYTES, 'the result digest'),
      lease: f.hexOf(receipt.lease, f.LEASE_ID_BYTES, 'the lease id'),
      contributor: f.peerIdOf(receipt.contributor, 'the contributor'),
      job: f.nameOf(receipt.job, 'the job'),
      multiplyAdds: f.unitsFrom(receipt.multiplyAdds, 'multiplyAdds'),
      microcredits: f.unitsFrom(receipt.microcredits, 'microcredits'),
      balanceMicrocredits: f.unitsFrom(receipt.balanceMicrocredits, 'the balance'),
      missLog2: receipt.missLog2,
      timeMs: f.numberOf(receipt.timeMs, MAX_TIME_MS, 'timeMs'),
      ...logIndexOf(receipt),
    };
  },
);

function logIndexOf({ logIndex }: { readonly logIndex?: number }): { logIndex?: number } {
  return logIndex === undefined
    ? {}
    : { logIndex: f.numberOf(logIndex, Number.MAX_SAFE_INTEGER, 'the log index') };
}

function productTo(work: Product): pb.Product {
  const at = (value: number, what: string): number => f.intIn(value, 0, MAX_ROW_BLOCKS, what);
  return {
    a: f.bytesOf(work.a, SHA256_BYTES, 'the hash of A'),
    b: f.bytesOf(work.b, SHA256_BYTES, 'the hash of B'),
    rowBlock: at(work.rowBlock, 'rowBlock'),
    colBlock: at(work.colBlock, 'colBlock'),
    rowBlocks: at(work.rowBlocks, 'rowBlocks'),
    colBlocks: at(work.colBlocks, 'colBlocks'),
  };
}

function productFrom({ a, b, rowBlock, colBlock, rowBlocks, colBlocks }: pb.Product): Product {
  f.ensure(rowBlocks >= 1 && colBlocks >= 1, 'a shard has at least one cell');
  f.ensure(rowBlocks * colBlocks <= MAX_CELLS_PER_LEASE, `a shard has at most ${MAX_CELLS_PER_LEASE} cells`);
  f.ensure(
    rowBlock + rowBlocks <= MAX_ROW_BLOCKS && colBlock + colBlocks <= MAX_ROW_BLOCKS,
    'the shard lies outside the largest possible C',
  );
  return {
    kind: 'product',
    a: f.hexOf(a, SHA256_BYTES, 'the hash of A'),
    b: f.hexOf(b, SHA256_BYTES, 'the hash of B'),
    rowBlock,
    colBlock,
    rowBlocks,
    colBlocks,
  };
}

/** A payload whose bytes keep to `rules`. */
export function payload<T>(
  rules: MessageRules,
  toBytes: (value: T) => Uint8Array<ArrayBuffer>,
  fromBytes: (bytes: Uint8Array) => T,
): Payload<T> {
  const decode = (bytes: Uint8Array): T =>
    f.total(() => {
      f.ensure(bytes.length <= MAX_ENVELOPE_BYTES, 'a signed payload is too long');
      checkMessage(bytes, rules);
      return fromBytes(bytes);
    });
  const encode = (value: T): Uint8Array<ArrayBuffer> =>
    f.encoding(() => {
      const bytes = toBytes(value);
      decode(bytes);
      return bytes;
    });
  return { encode, decode };
}
