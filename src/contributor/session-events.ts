/** What happens within one connection, as plain data. */
import type { Dtype } from '../matrix/dtype.ts';
import type { Receipt } from '../protocol/envelope.ts';
import type { Shard } from './link-share.ts';
import type { ShardProgress } from './shard.ts';

/** What the engine turns into statuses. */
export type SessionEvent =
  | { readonly type: 'welcome'; readonly network: string; readonly balanceMicrocredits: bigint }
  | { readonly type: 'self-test' }
  | { readonly type: 'self-tested' }
  | { readonly type: 'lease'; readonly lease: string; readonly project: string }
  | { readonly type: 'progress'; readonly lease: string; readonly progress: ShardProgress }
  | {
      readonly type: 'committed';
      readonly lease: string;
      readonly bytes: number;
      /** Multiply-adds per second of its slices. */
      readonly rate: number;
      /** Time that its slices took. */
      readonly gpuMs: number;
      readonly shard: Shard;
      readonly dtype: Dtype;
    }
  | {
      readonly type: 'receipt';
      readonly receipt: Receipt;
      readonly envelope: Uint8Array;
      /** What the receipt is for. */
      readonly lease: Uint8Array;
      readonly result: Uint8Array;
    }
  | {
      readonly type: 'ended';
      readonly lease: string;
      readonly reason: 'cancelled' | 'rejected' | 'stale' | 'declined';
      readonly text: string;
    }
  | { readonly type: 'notice'; readonly code: string; readonly text: string };
