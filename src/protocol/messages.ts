/** The messages of the control stream as plain unions; control.ts encodes and decodes them. */
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Hex } from './fields.ts';

export type FromContributor = Hello | Ready | Progress | Commit | Decline | Goodbye | SetProfile;
export type FromCoordinator = Welcome | SelfTest | LeaseGrant | Cancel | ReceiptNotice | Notice;

export interface Hello {
  readonly type: 'hello';
  readonly version: number;
  /** The build, such as "tilework/0.1.0". */
  readonly client: string;
  /** Room on the GPU for operand blocks and for C, bytes. */
  readonly operandBytes: number;
  readonly resultBytes: number;
  /** Multiply-adds per second, measured; 0 where the dtype was not measured. */
  readonly rates: Record<Dtype, number>;
  /** Measured; 0 when unknown. */
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
  /** Chosen projects; empty means any. */
  readonly projects: readonly string[];
  /** Operand bytes kept in all, on the GPU and on disk; absent: `operandBytes`. */
  readonly cacheBytes?: number;
  /** Origin of the page that embeds its frame; absent where nobody does. */
  readonly site?: string;
}

export interface Ready {
  readonly type: 'ready';
  /** Further leases that the contributor would take now. */
  readonly leases: number;
  /** What it receives while it receives; as in Hello. */
  readonly downBytesPerSecond?: number;
}

export interface Progress {
  readonly type: 'progress';
  /** Absent when only evictions are reported. */
  readonly lease?: Hex;
  readonly doneKBlocks: number;
  /** Blocks no longer held. */
  readonly evicted: readonly Hash[];
}

export interface Commit {
  readonly type: 'commit';
  /** The signed envelope of a Result. */
  readonly result: Uint8Array;
  /** The signed envelope of the lease that it answers. */
  readonly lease: Uint8Array;
  /** Of C, row by row: without them they are fetched, list by list. */
  readonly blocks?: readonly Hash[];
}

export interface Decline {
  readonly type: 'decline';
  readonly lease: Hex;
  readonly code: string;
  readonly reason: string;
}

export interface Goodbye {
  readonly type: 'goodbye';
  /** Send no new leases; the ones in flight will be finished. */
  readonly finish: boolean;
  readonly reason: string;
}

export interface SetProfile {
  readonly type: 'set-profile';
  /** The signed envelope of a Profile. */
  readonly envelope: Uint8Array;
}

export interface Welcome {
  readonly type: 'welcome';
  readonly version: number;
  readonly network: string;
  /** Leases that may be in flight now. */
  readonly window: number;
  readonly balanceMicrocredits: bigint;
  /** Of the specification that the coordinator knows; absent: 0. */
  readonly revision?: number;
}

export interface SelfTest {
  readonly type: 'self-test';
  readonly reason: string;
}

export interface LeaseGrant {
  readonly type: 'lease';
  /** The signed envelope of a Lease. */
  readonly envelope: Uint8Array;
}

export interface Cancel {
  readonly type: 'cancel';
  readonly lease: Hex;
  readonly reason: string;
}

export interface ReceiptNotice {
  readonly type: 'receipt';
  /** The signed envelope of a Receipt. */
  readonly envelope: Uint8Array;
}

export interface Notice {
  readonly type: 'notice';
  readonly code: string;
  readonly text: string;
  readonly lease?: Hex;
  readonly retryAfterMs: number;
}
