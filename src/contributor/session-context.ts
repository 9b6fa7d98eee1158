/** What a session needs of the engine around it. */
import type { Clock } from '../core/clock.ts';
import type { Backend } from '../gpu/backend.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { SigningKey } from '../protocol/keys.ts';
import type { BlockDisk } from './block-disk.ts';
import type { Introduction } from './introduction.ts';
import type { LinkEstimate } from './link-estimate.ts';
import type { Outbox } from './outbox.ts';
import type { SessionEvent } from './session-events.ts';
import type { Wishes } from './wishes.ts';

export interface SessionContext {
  /** Rejects with 'gpu-lost' only when no device is to come any more: see RecoveringBackend. */
  readonly backend: Backend & { holds(hash: Hash): boolean };
  /** Blocks of earlier leases and visits. */
  readonly disk?: BlockDisk | undefined;
  readonly key: SigningKey;
  readonly peerId: string;
  readonly clock: Clock;
  readonly client: string;
  /** Origin of the page that embeds this one. */
  readonly site?: string | undefined;
  readonly outbox: Outbox;
  readonly linkEstimate: LinkEstimate;
  readonly wishes: Wishes;
  readonly introduction: Introduction;
  readonly signal: AbortSignal;
  /** See ShardContext. */
  readonly copyAfter?: ((lastCopyMs: number) => number) | undefined;
  readonly emit: (event: SessionEvent) => void;
  /** What was to be finished is, and receipted. */
  readonly onFinished: () => void;
}
