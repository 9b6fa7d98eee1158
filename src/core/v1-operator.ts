/** The JSON of `/v1/operator`: what an operator sees, and does. Plain data only. */
import type { JobState } from './v1.ts';

/** A contributor that is connected. Amounts count since it connected. */
export interface OperatorContributor {
  /** PeerId. */
  readonly contributor: string;
  /** '' for none. Also shown here when it is hidden from others. */
  readonly name: string;
  readonly team: string;
  /** Its program, by its own word. */
  readonly client: string;
  /** 'websocket' or 'webrtc'. */
  readonly transport: string;
  readonly sinceMs: number;
  /** When it last said something. */
  readonly seenMs: number;
  /** Multiply-adds a second of its fastest number type, measured where it has computed. */
  readonly rate: number;
  /** Bytes a second that its link carries, from the coordinator and to it; 0 while nobody knows. */
  readonly downBytesPerSecond: number;
  readonly upBytesPerSecond: number;
  /** Bytes that moved. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Leases that it may compute at once, and those that it has. */
  readonly window: number;
  readonly leases: number;
  readonly verified: number;
  readonly rejected: number;
  /** Given back, or lost with their transfer. */
  readonly failed: number;
  /** Until then it gets no lease, because results of it were rejected; null where it may. */
  readonly deniedUntilMs: number | null;
}

export interface OperatorLease {
  readonly lease: string;
  readonly job: string;
  readonly project: string;
  readonly contributor: string;
  /** In cells of C. */
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
  readonly issuedMs: number;
  readonly deadlineMs: number;
  /** Its result is on the way, and the deadline counts no more. */
  readonly committed: boolean;
}

export interface OperatorJob {
  readonly job: string;
  readonly project: string;
  readonly title: string;
  readonly state: JobState;
  readonly dtype: string;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly priority: number;
  readonly createdMs: number;
  readonly finishedMs: number | null;
  readonly cellsVerified: number;
  readonly cellsTotal: number;
  readonly leases: number;
  readonly error: string | null;
}

export interface OperatorFailure {
  readonly lease: string;
  readonly job: string;
  readonly contributor: string;
  readonly atMs: number;
  readonly reason: string;
}

export interface BanView {
  readonly contributor: string;
  readonly reason: string;
  readonly sinceMs: number;
}

export interface PauseView {
  readonly project: string;
  readonly reason: string;
  readonly sinceMs: number;
}

export interface HiddenNameView {
  readonly kind: 'contributor' | 'team';
  /** PeerId, or the team's name. */
  readonly subject: string;
  readonly reason: string;
  readonly sinceMs: number;
}

export type OperatorAction =
  | 'drain'
  | 'undrain'
  | 'ban'
  | 'unban'
  | 'pause'
  | 'resume'
  | 'hide'
  | 'show'
  | 'cancel';

export interface OperatorEntryView {
  readonly id: string;
  readonly atMs: number;
  /** The token's id; 'default' for the data folder's. */
  readonly token: string;
  readonly action: OperatorAction;
  readonly subject: string;
  readonly reason: string;
}

export interface DiskView {
  /** Null where blocks are not on a disk of this machine, or were not counted yet. */
  readonly blocks: number | null;
  readonly bytes: number | null;
  readonly countedMs: number | null;
  readonly freeBytes: number | null;
}

export interface OperatorView {
  readonly network: string;
  readonly coordinator: string;
  readonly nowMs: number;
  readonly startedMs: number;
  readonly draining: boolean;
  /** Of all there are, which may be more than are listed. */
  readonly contributorsTotal: number;
  readonly leasesTotal: number;
  readonly contributors: readonly OperatorContributor[];
  readonly leases: readonly OperatorLease[];
  /** Those that run, then those that ended last. */
  readonly jobs: readonly OperatorJob[];
  readonly failures: readonly OperatorFailure[];
  readonly bans: readonly BanView[];
  readonly pauses: readonly PauseView[];
  readonly hidden: readonly HiddenNameView[];
  readonly log: readonly OperatorEntryView[];
  readonly disk: DiskView;
  /** Bytes of blocks since the start, of everybody who was ever connected. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly database: { readonly kind: 'embedded' | 'postgres'; readonly answerMs: number };
  readonly verification: {
    readonly threads: number;
    readonly waiting: number;
    readonly done: number;
    /** Busy share of the threads since the start, 0…1. */
    readonly busy: number;
  };
}

export interface BanRequest {
  readonly contributor: string;
  readonly reason: string;
}

export interface PauseRequest {
  readonly project: string;
  readonly reason?: string;
}

export interface HideRequest {
  readonly kind: HiddenNameView['kind'];
  readonly subject: string;
  readonly reason?: string;
}

export interface DrainRequest {
  readonly draining: boolean;
  readonly reason?: string;
}
