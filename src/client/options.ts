/** What calls of the client take. */
import type { ReceiptView, SeededRequest } from '../core/v1.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface KeyedOptions extends CallOptions {
  /** Names this request: sent twice, it is carried out once. Visible ASCII, new for every new request. */
  readonly idempotencyKey?: string | undefined;
}

export interface WatchOptions extends CallOptions {
  /** The job is there for sure: a coordinator that does not answer at first is waited for as well. */
  readonly known?: boolean | undefined;
}

export interface JobsQuery extends CallOptions {
  /** At most 1,000. @default 100 */
  readonly limit?: number | undefined;
  /** Only what is older than this job. */
  readonly before?: string | undefined;
}

/** [from, to), counted from 0; without `to`, to the end. */
export type Span = readonly [from: number, to?: number | undefined];

/** Part of a product. */
export interface PartOptions extends CallOptions {
  /** @default all */
  readonly rows?: Span | undefined;
  readonly cols?: Span | undefined;
}

export interface ResultOptions extends PartOptions {
  /** Of each row its so many largest entries; needs `part`. */
  readonly top?: number | undefined;
  readonly part?: 'values' | 'indices' | undefined;
  /** Bytes from this one on. */
  readonly from?: number | undefined;
  /** The ETag of the version that `from` counts in. */
  readonly version?: string | undefined;
}

/** A stream needs `size`; without it, it is sent as it is read, once, which browsers cannot. */
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
  /** Bytes of a stream. */
  readonly size?: number | undefined;
  /** What is larger is sent in parts of so many bytes, and goes on where a connection broke. @default PART_BYTES */
  readonly partBytes?: number | undefined;
  /** Bytes that have arrived; of a stream without `size`, bytes that were read. */
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
