/** Operands and leases as only a hostile coordinator makes them. */
import { RecordEnvelope } from '@libp2p/peer-record';
import { sha256, toHex, utf8 } from '../../src/core/bytes.ts';
import type { AnyDtype } from '../../src/matrix/dtype.ts';
import { type Hash, encodeManifest } from '../../src/matrix/manifest.ts';
import type { SigningKey } from '../../src/protocol/keys.ts';
import * as pb from '../../src/protocol/pb/signed.js';
import type { Product } from '../../src/protocol/signed.ts';
import type { BlockMap } from '../contributor/stored.ts';

export const NOWHERE = '5c'.repeat(32);

export async function put(store: BlockMap, bytes: Uint8Array): Promise<Hash> {
  const hash = toHex(await sha256(bytes));
  await store.put(hash, bytes);
  return hash;
}

export interface Lie {
  readonly dtype: AnyDtype;
  readonly rows: number;
  readonly cols: number;
  /** @default a hash of nothing that exists */
  readonly root?: Hash;
}

/** A manifest of any shape over any root. */
export function lie(store: BlockMap, { root = NOWHERE, ...shape }: Lie): Promise<Hash> {
  return put(store, encodeManifest({ ...shape, root: bytesOf(root) }));
}

/** A list of these hashes, as one node. */
export function list(store: BlockMap, hashes: readonly Hash[]): Promise<Hash> {
  return put(store, Uint8Array.from(hashes.flatMap((hash) => Array.from(bytesOf(hash)))));
}

/** One operand of one block, whose bytes are these whatever its shape says. */
export async function oneBlock(store: BlockMap, shape: Lie, block: Uint8Array): Promise<Hash> {
  const strip = await list(store, [await put(store, block)]);
  return lie(store, { ...shape, root: await list(store, [strip]) });
}

export const cell = (a: Hash, b: Hash, own: Partial<Product> = {}): Product => ({
  kind: 'product',
  a,
  b,
  rowBlock: 0,
  colBlock: 0,
  rowBlocks: 1,
  colBlocks: 1,
  ...own,
});

export interface RawLease {
  readonly contributor: string;
  readonly work: Product;
  readonly lastsMs?: number;
}

/** A signed lease that no encoder of ours would let pass. */
export async function sealAnything(lease: RawLease, key: SigningKey): Promise<Uint8Array> {
  const { contributor, lastsMs = 60_000, work } = lease;
  const { kind: _kind, a, b, ...rectangle } = work;
  const payload = pb.Lease.encode({
    id: new Uint8Array(16).fill(7),
    contributor,
    job: 'job',
    project: 'a lie',
    issuedMs: 1_700_000_000_000,
    deadlineMs: 1_700_000_000_000 + lastsMs,
    microcredits: 1,
    product: { a: bytesOf(a), b: bytesOf(b), ...rectangle },
  });
  const codec = utf8.encode('/tilework/lease');
  const record = { domain: 'tilework-lease/1', codec, marshal: () => payload, equals: () => false };
  return (await RecordEnvelope.seal(record, key)).marshal();
}

function bytesOf(hash: Hash): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hash.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
