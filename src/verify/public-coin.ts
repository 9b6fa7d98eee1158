/**
 * r from what has been committed to, so that anybody can repeat a check and nobody has to be believed
 * (Fiat and Shamir 1986). Who computes C may try many results until one passes; that is why a public
 * check asks for PUBLIC_MISS_LOG2, and why r depends on a receipt that was signed after the result.
 *
 *   seed(j) = SHA-256("tilework-public-coin/1" ‖ H(A) ‖ H(B) ‖ H(C) ‖ receipt digest ‖ u32be j)
 *   r of column block j = drawColumn over MGF1-SHA-256(seed(j))     (RFC 8017, appendix B.2.1)
 *
 * j counts from the shard's first column block. The receipt's digest names the rectangle too: it binds
 * the lease.
 */
import { type Bytes, concatBytes, fromHex, sha256, utf8, viewOf } from '../core/bytes.ts';
import type { Rng } from '../core/rng.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { VerifyParams } from './params.ts';
import { drawColumn } from './strip.ts';

/** What a public check of one shard is about. */
export interface Commitments {
  /** Manifest hashes of the operands, and of the shard's own C. */
  readonly a: Hash;
  readonly b: Hash;
  readonly c: Hash;
  /** SHA-256 of the receipt's envelope. */
  readonly receipt: Hash;
}

const DOMAIN = utf8.encode('tilework-public-coin/1');
const DIGEST_BYTES = 32;

/** r for column block `column` of the shard, as drawColumn returns it: planes × cols. */
export async function drawPublicColumn(
  dtype: Dtype,
  commitments: Commitments,
  column: number,
  cols: number,
  params: VerifyParams,
): Promise<Float64Array> {
  const { a, b, c, receipt } = commitments;
  const seed = await sha256(concatBytes([DOMAIN, ...[a, b, c, receipt].map(fromHex), u32(column)]));
  // drawColumn asks once, for three bytes a number.
  const stream = await mgf1(seed, 3 * params.rounds * cols);
  return drawColumn(dtype, replay(stream), cols, params);
}

/** SHA-256(seed ‖ 0), SHA-256(seed ‖ 1), …: `length` bytes that nobody could choose. */
export async function mgf1(seed: Uint8Array, length: number): Promise<Bytes> {
  const blocks = Array.from({ length: Math.ceil(length / DIGEST_BYTES) }, (_, counter) =>
    sha256(concatBytes([seed, u32(counter)])),
  );
  return concatBytes(await Promise.all(blocks)).slice(0, length);
}

function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

/** Hands out these bytes, each once. */
function replay(stream: Bytes): Rng {
  let at = 0;
  const bytes = (length: number): Bytes => {
    const part = stream.slice(at, at + length);
    if (part.length < length) throw new RangeError('more random bytes were asked for than were made');
    at += length;
    return part;
  };
  return { bytes, float: () => viewOf(bytes(4)).getUint32(0) / 2 ** 32 };
}
