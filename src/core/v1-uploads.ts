/** The JSON of `/v1/uploads`: files that come in parts. Plain data only. */

/** 'open': bytes are missing. 'received': all are there, and are being made an operand. */
export type UploadState = 'open' | 'received' | 'done' | 'failed';

export interface UploadView {
  readonly id: string;
  readonly state: UploadState;
  /** Bytes that have arrived, of how many. */
  readonly offset: number;
  readonly length: number;
  readonly name: string;
  /** What became of it; null before the end, and for one that failed. */
  readonly operand: string | null;
  /** Why it failed. */
  readonly error: string | null;
  readonly createdMs: number;
  /** It is forgotten then, unless more of it arrives. */
  readonly expiresMs: number;
}
