/**
 * What the page sees of a contributor. Everything crosses a worker boundary by structured clone,
 * so these are plain data: no classes, no functions but the status callback.
 */
import type { ErrorCode } from '../core/errors.ts';
import { LEAST_SHARE } from '../gpu/duty.ts';

/** The stages a visitor is shown; one shard goes downloading → computing → uploading → verified. */
export type Stage =
  | 'stopped'
  | 'testing' // the GPU's known answers
  | 'connecting'
  | 'waiting' // connected, no work at the moment
  | 'downloading'
  | 'computing'
  | 'uploading' // also: being checked by the coordinator
  | 'verified'
  | 'failed'; // will not go on by itself; `problem` says why

/** 'webrtc-direct' needs no domain name; it is slower, and runs on the page's own thread. */
export type Transport = 'websocket' | 'webrtc-direct';

export interface Problem {
  readonly code: ErrorCode;
  /** A sentence for a person: what happened and what to do. */
  readonly message: string;
}

/**
 * What the public log proves, or fails to: 'forked' (it contradicts what it signed before), 'missing' (a receipt
 * is not in it), 'unverifiable' (what is served does not lead to what is signed).
 */
export type LogProblem = 'forked' | 'missing' | 'unverifiable';

export interface LogView {
  /** Receipts that were looked for in the log on this visit, earlier visits' leftovers included… */
  readonly receipts: number;
  /** …and how many of them are proven to be there. */
  readonly checked: number;
  /** Leaves of the log. */
  readonly size: number;
  readonly problem: LogProblem | undefined;
}

/** Operand blocks that this browser keeps on disk. */
export interface DiskView {
  readonly usedBytes: number;
  /** The visitor's wish, or less where the browser or the disk does not allow that. */
  readonly budgetBytes: number;
}

export interface ContributorStatus {
  readonly stage: Stage;
  /** One sentence about now, such as "Cannot reach the coordinator; trying again in 8 s". */
  readonly detail: string;
  /** While it waits to connect again: the whole of that wait. */
  readonly retryInMs: number | undefined;
  /** 0…1 within the current shard while downloading, computing or uploading. */
  readonly progress: number;
  /** Nothing is computed until it is told to go on; `stage` is where it was interrupted. */
  readonly paused: boolean;
  /** What is in flight will be ended and receipted; then it stops. */
  readonly finishing: boolean;
  readonly peerId: string | undefined;
  /** What the network calls itself, from its Welcome. */
  readonly network: string | undefined;
  /** What the current or last shard is for. */
  readonly project: string | undefined;
  readonly adapter: string | undefined;
  readonly kernel: string | undefined;
  readonly shardsVerified: number;
  readonly shardsRejected: number;
  /** Verified multiply-adds in this session; two floating-point operations each. */
  readonly multiplyAddsVerified: number;
  /** Multiply-adds per second of the last shard, GPU time only; 0 before the first. */
  readonly rate: number;
  /** The speed of the latest shards over the best of their kind, 0…1; undefined until there is a best. */
  readonly drift: number | undefined;
  /** This session's credit and the account's balance, in microcredits. */
  readonly microcredits: bigint;
  readonly balanceMicrocredits: bigint;
  /** Bytes of blocks as they travelled, since the start… */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** …the time in which a block was awaited, here or by the coordinator… */
  readonly downBusyMs: number;
  readonly upBusyMs: number;
  /** …and the time that the GPU took for what was committed. */
  readonly gpuBusyMs: number;
  /** What came of it over what link and GPU allow, 0…1; undefined in the first half minute of work. */
  readonly linkShare: number | undefined;
  /** Undefined without a disk: not known yet, not allowed here, or another tab has it. */
  readonly disk: DiskView | undefined;
  /** How the coordinator is reached, or is tried to be; undefined while stopped. */
  readonly transport: Transport | undefined;
  readonly receipts: number;
  /** Ids of the leases that have no committed result yet: what is handed back when the page may not run. */
  readonly leases: readonly string[];
  /** Undefined until the log has been read. */
  readonly log: LogView | undefined;
  /** Undefined until the coordinator has answered; one that knows of no names never does. */
  readonly nameAnswer: NameAnswer | undefined;
  /** The last thing that went wrong, while it matters. */
  readonly problem: Problem | undefined;
}

export const STOPPED: ContributorStatus = {
  stage: 'stopped',
  detail: '',
  retryInMs: undefined,
  progress: 0,
  paused: false,
  finishing: false,
  peerId: undefined,
  network: undefined,
  project: undefined,
  adapter: undefined,
  kernel: undefined,
  shardsVerified: 0,
  shardsRejected: 0,
  multiplyAddsVerified: 0,
  rate: 0,
  drift: undefined,
  microcredits: 0n,
  balanceMicrocredits: 0n,
  bytesDown: 0,
  bytesUp: 0,
  downBusyMs: 0,
  upBusyMs: 0,
  gpuBusyMs: 0,
  linkShare: undefined,
  disk: undefined,
  transport: undefined,
  receipts: 0,
  leases: [],
  log: undefined,
  nameAnswer: undefined,
  problem: undefined,
};

/** Bytes a second of blocks each way, LEAST_RATE_CAP at least; absent: as fast as the link goes. */
export interface RateCaps {
  readonly down?: number | undefined;
  readonly up?: number | undefined;
}

/** A coordinator waits for results that come at 32 KiB/s, and four of them may share the way up. */
export const LEAST_RATE_CAP = 128 * 1024;

export interface ContributorOptions {
  /** Multiaddrs of one coordinator, each ending in /p2p/<PeerId>. */
  readonly addresses: readonly string[];
  /** Absolute URL of the coordinator's public log; without it nobody watches that log. */
  readonly log?: string | undefined;
  /** Only over this. @default WebSocket where it can be used, and webrtc-direct where it cannot */
  readonly transport?: Transport | undefined;
  /** Let a software adapter compute: only for tests and for machines that ask for it by name. */
  readonly allowSoftware: boolean;
  /** GPU memory to use, bytes. */
  readonly memoryBytes: number;
  /** The share of time that the GPU may compute, 0.05 to 1. @default 1 */
  readonly intensity?: number | undefined;
  /** Disk to keep operand blocks on, bytes; 0 keeps none and removes what there is. @default 0 */
  readonly diskBytes?: number | undefined;
  /** Wait for setPaused(false) before anything is done on the GPU. @default false */
  readonly paused?: boolean | undefined;
  /** Origin of the page that embeds this one, which is credited with what is verified; absent: nobody embeds it. */
  readonly site?: string | undefined;
  /** @default none */
  readonly rateCaps?: RateCaps | undefined;
}

/** As src/core/names.ts wants them. */
export interface PublicName {
  readonly name: string;
  readonly team: string;
}

/** What the coordinator does about the name that was set last. */
export interface NameAnswer {
  /** 'waiting': for the first verified result. */
  readonly state: 'waiting' | 'kept' | 'refused';
  /** A sentence for a person. */
  readonly text: string;
}

/** A contributor that the page starts and stops. Calls are safe in any order and may be repeated. */
export interface Contributor {
  readonly status: ContributorStatus;
  /** Resolves once it has begun (not once connected); later events arrive as statuses. */
  start(options: ContributorOptions): Promise<void>;
  /** Resolves when the GPU has stopped (within one slice) and the connection is closed. */
  stop(): Promise<void>;
  /**
   * While paused the GPU does nothing (it stops within one slice), no lease is taken and no block is fetched; the
   * connection stays and finished results still leave. Leases in flight are kept for 20 s and then handed back.
   * Nothing while stopped, when the next start says it anew.
   */
  setPaused(paused: boolean): void;
  /**
   * Takes no further lease, ends and uploads those in flight, and stops when their receipts have come, or when the
   * coordinator has let it wait for 2 minutes. Asked again meanwhile: stops at once. Resolves when it has stopped.
   */
  finish(): Promise<void>;
  /**
   * Changes `rateCaps` at once: both hold to within a block and half a second's worth.
   * @throws AppError 'bad-input' below LEAST_RATE_CAP.
   */
  setRateCaps(caps: RateCaps): void;
  /** Changes `memoryBytes` for the next start, and for the next device after a loss. */
  setMemoryBudget(bytes: number): void;
  /**
   * Changes `intensity` at once; nothing while stopped, when the next start says it anew.
   * @throws AppError 'bad-input' outside 0.05 to 1.
   */
  setIntensity(share: number): void;
  /** Changes `diskBytes` at once; nothing while stopped, when the next start says it anew. */
  setDiskBudget(bytes: number): void;
  /**
   * What others may read as its name and team; '' is none, and takes back what there was. Said at once or when it is
   * connected, and at later starts; the answer arrives as `nameAnswer`.
   * @throws AppError 'bad-input' for what `nameFault` finds fault with
   */
  setProfile(name: PublicName): void;
  /** The projects to compute for, from the next lease on and at later starts; none: any. @throws AppError 'bad-input' */
  setProjects(projects: readonly string[]): void;
  /** Removes the blocks on disk, also while stopped. Never rejects. */
  clearDisk(): Promise<void>;
  /** Bytes on disk while nothing runs; a status says it better. Never rejects. */
  measureDisk(): Promise<number>;
  /** Wakes a waiting reconnect at once: the network is back, the tab is visible. */
  wake(): void;
  onStatus(listener: (status: ContributorStatus) => void): () => void;
}

export const LEAST_INTENSITY = LEAST_SHARE;

/** Unless the visitor says otherwise: a shelf of 4,096 blocks, which a browser's quota has room for. */
export const DEFAULT_DISK_BYTES = 1024 * 1024 * 1024;

/** Unless the visitor says otherwise: little enough for an integrated GPU beside other work. */
export const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
