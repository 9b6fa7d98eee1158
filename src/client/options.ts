/** What calls of the client take. */
import type { ReceiptView, SeededRequest } from '../core/v1.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A stream is sent as it is read and needs Node: browsers send a Blob or the bytes themselves. */
export type OperandSource = ReadableStream<Uint8Array> | Uint8Array | Blob;

export interface UploadOptions extends CallOptions {
  /** 'rows': the array is rows × K. 'transpose': it is K × N, and becomes N rows × K. */
  readonly side: 'rows' | 'transpose';
  /** Converts to float32: needed for float64, exact for int8 and float16. */
  readonly as?: 'f32' | undefined;
  /** Which tensor of a .safetensors file. */
  readonly tensor?: string | undefined;
  /** What people see it called. */
  readonly name?: string | undefined;
  /** Bytes of a stream, where known: lets the coordinator refuse too many at once. */
  readonly size?: number | undefined;
  /** Bytes handed to the network so far; for a stream after every piece, else once at the end. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface SeededOptions extends Omit<SeededRequest, 'seed'> {
  /** 0 to 2⁶⁴ − 1; a number only up to 2⁵³. */
  readonly seed: number | bigint | string;
}

export interface ReceiptQuery extends CallOptions {
  /** PeerId. */
  readonly contributor: string;
  /** At most 1,000. @default 100 */
  readonly limit?: number | undefined;
  /** Only what was verified before this receipt: for the next page. */
  readonly before?: Pick<ReceiptView, 'verifiedMs' | 'shard'> | undefined;
}
