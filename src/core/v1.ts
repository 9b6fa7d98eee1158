/** The JSON of the HTTP API `/v1`, shared by the coordinator and its clients. Plain data only. */

/** Whole microcredits as decimal text: they may pass 2⁵³. */
export type Microcredits = string;

export type OperandDtype = 'i8' | 'f16' | 'f32';

/**
 * 'f32x': a float32 product of two f32 operands by way of exact int8 products: the same bits on every GPU, checked
 * exactly, each entry within 2⁻²³·K·s·t, s and t the least powers of two that no value of its row and of its column
 * exceeds (src/matrix/limbs.ts).
 */
export type JobDtype = OperandDtype | 'f32x';

/** See src/matrix/draw.ts. */
export type OperandDistribution = 'uniform' | 'rademacher' | 'normal';

/** A matrix that nobody sends: whoever needs a part of it makes it. */
export interface SeededRequest {
  readonly dtype: OperandDtype;
  readonly rows: number;
  /** Values of K in each row. */
  readonly cols: number;
  /** 0 to 2⁶⁴ − 1; as text where a number cannot hold it. */
  readonly seed: number | string;
  /** @default 'uniform' */
  readonly distribution?: OperandDistribution;
  readonly name?: string;
}

/** How the values of a seeded operand are made. */
export interface SeedView {
  readonly generator: string;
  readonly distribution: OperandDistribution;
  /** In decimal. */
  readonly seed: string;
}

export interface OperandView {
  /** Manifest hash, 64 hexadecimal digits. */
  readonly id: string;
  readonly dtype: OperandDtype;
  /** Rows of the operand and values of K in each. */
  readonly rows: number;
  readonly k: number;
  /** Of stored blocks; 0 for a seeded operand. */
  readonly bytes: number;
  readonly name: string;
  readonly createdMs: number;
  readonly seeded?: SeedView;
}

export interface JobRequest {
  /** Operand ids: C = A·Bᵀ over K-major operands. */
  readonly a: string;
  readonly b: string;
  /** 'f32x' for f32 operands; any other must be the operands' own. @default the operands' */
  readonly dtype?: JobDtype;
  /** What it is for; shown to contributors. */
  readonly project?: string;
  /** What this job in particular is; shown to contributors. */
  readonly title?: string;
  /** −100 to 100, the highest first. @default 0 */
  readonly priority?: number;
  /** When it ends unfinished, ms since the epoch. @default never */
  readonly deadlineMs?: number;
  /** A job that could cost more is refused. @default no limit */
  readonly maxMicrocredits?: Microcredits;
}

export interface RetryRequest {
  /** @default the one that it had, unless that has passed */
  readonly deadlineMs?: number;
}

/** Two stored operands, or what they would be. */
export interface EstimateRequest {
  readonly a?: string;
  readonly b?: string;
  /** Of a and b: 'f32x' for f32 operands. Without them: C is rows × cols, sums over k. */
  readonly dtype?: JobDtype;
  readonly rows?: number;
  readonly cols?: number;
  readonly k?: number;
  /** Operands that would be made from a seed. */
  readonly seeded?: readonly ('a' | 'b')[];
  /** A and B are one operand. */
  readonly same?: boolean;
  readonly project?: string;
  /** Of the requester's own machine. @default 5e10 */
  readonly localMultiplyAddsPerSecond?: number;
  /** Of the requester's link to the coordinator. @default 12.5e6 */
  readonly bytesPerSecond?: number;
}

/** What a job would take now. */
export interface EstimateView {
  readonly dtype: JobDtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly cellsTotal: number;
  readonly multiplyAdds: number;
  /** Between coordinator and contributors, at the least. */
  readonly bytes: number;
  readonly multiplyAddsPerByte: number;
  /** The most that it can cost. */
  readonly microcredits: Microcredits;
  /** Whether requesters pay here. */
  readonly charged: boolean;
  readonly missLog2: number;
  /** Who are here now and could take part. */
  readonly contributors: number;
  /** Jobs that share them. */
  readonly jobsRunning: number;
  /** What their links, memories and GPUs allow at best, and what is likely, for this job alone; null without any. */
  readonly boundSeconds: number | null;
  readonly expectedSeconds: number | null;
  /** Operands that are not stored yet, and the result. */
  readonly uploadBytes: number;
  readonly downloadBytes: number;
  readonly bytesPerSecond: number;
  readonly transferSeconds: number;
  readonly localMultiplyAddsPerSecond: number;
  readonly localSeconds: number;
  /** Why this is not worth sending now, with the arithmetic; null when it is. */
  readonly warning: string | null;
}

/** 'expired': its deadline passed first. All but 'running' and 'done' may be retried. */
export type JobState = 'running' | 'done' | 'cancelled' | 'failed' | 'expired';

export interface JobContribution {
  /** PeerId. */
  readonly contributor: string;
  readonly shards: number;
  readonly multiplyAdds: number;
  readonly microcredits: Microcredits;
}

/** What the links, memories and GPUs of those who took part allow at best, and what it came to (src/core/bound.ts). */
export interface BoundView {
  /** For what is verified. */
  readonly seconds: number;
  readonly bytes: number;
  /** Since the first shard was given out. */
  readonly elapsedSeconds: number;
}

export interface JobView {
  readonly id: string;
  readonly state: JobState;
  readonly project: string;
  readonly title: string;
  readonly priority: number;
  readonly dtype: JobDtype;
  readonly rows: number;
  readonly cols: number;
  readonly k: number;
  readonly a: string;
  readonly b: string;
  readonly createdMs: number;
  readonly deadlineMs: number | null;
  readonly finishedMs: number | null;
  readonly cellsVerified: number;
  readonly cellsTotal: number;
  /** Verified shards, each with a signed result and a receipt. */
  readonly shards: number;
  readonly multiplyAddsVerified: number;
  readonly multiplyAddsTotal: number;
  /** Bytes that moved between coordinator and contributors for verified shards. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Null before the first shard is verified, for jobs that a restart has come between, and for f32x. */
  readonly bound: BoundView | null;
  /** A wrong number passes its check with probability at most 2^−missLog2. */
  readonly missLog2: number;
  readonly contributions: readonly JobContribution[];
  readonly error: string | null;
  /** A sentence, while the operator lets nobody work on its project. */
  readonly paused?: string;
  /** Of an f32x job: the int8 jobs whose sum it is, which its receipts name. None before its operands are split. */
  readonly parts?: readonly string[];
}

/** The largest entries of rows of a product, each row's largest first; of equal ones the leftmost first. */
export interface TopView {
  readonly firstRow: number;
  readonly top: number;
  /** Columns of the product. */
  readonly indices: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
}

export interface ReceiptView {
  readonly shard: string;
  readonly job: string;
  readonly contributor: string;
  readonly multiplyAdds: number;
  readonly microcredits: Microcredits;
  readonly verifiedMs: number;
  /** Signed envelopes, base64: what the contributor was asked, what it stated, what it was credited. */
  readonly lease: string;
  readonly result: string;
  readonly receipt: string;
}

/** A verified shard as anybody may fetch and check it again. */
export interface ShardView {
  /** The lease's id. */
  readonly lease: string;
  /** SHA-256 of its C blocks, row by row: the list that the manifest in the signed result follows from. */
  readonly blocks: readonly string[];
  /** False when the operator's retention has let the blocks, or those of the operands, go. */
  readonly kept: boolean;
}

export interface ContributorView {
  readonly contributor: string;
  readonly shards: number;
  readonly multiplyAdds: number;
  readonly microcredits: Microcredits;
}

/** 'submit': upload operands, create and cancel jobs. 'read': one's own jobs and results. 'operate': all there is. */
export type TokenScope = 'submit' | 'read' | 'operate';

export interface TokenView {
  readonly id: string;
  /** The ledger account that its jobs are charged to. */
  readonly account: string;
  readonly label: string;
  readonly scopes: readonly TokenScope[];
  readonly createdMs: number;
  /** To the minute; null while it has not been used. */
  readonly lastUsedMs: number | null;
  readonly expiresMs: number | null;
  readonly revokedMs: number | null;
}

export interface NewTokenRequest {
  readonly scopes: readonly TokenScope[];
  /** Whose it is, for people: one line. */
  readonly label: string;
  /** @default for ever */
  readonly lifetimeMs?: number;
}

/** The only time that the token itself is told. */
export interface NewTokenView extends TokenView {
  readonly token: string;
}

/** What credit is on this network. */
export interface CreditView {
  /** 'open': verified work mints credit. 'paid': requesters pay for verified shards. */
  readonly mode: 'open' | 'paid';
  readonly issuedMicrocredits: Microcredits;
  /** Null without a cap. */
  readonly supplyCapMicrocredits: Microcredits | null;
  /** Work mints 2^−halvings of itself; 0 without a cap, null once everything is issued. */
  readonly halvings: number | null;
}

export interface StatementLineView {
  /** Events are numbered upwards; two lines of an account stand in the order of their commits. */
  readonly event: string;
  readonly kind: string;
  readonly shard: string | null;
  readonly timeMs: number;
  readonly microcredits: Microcredits;
  readonly memo: string;
}

/** One page of an account's postings, newest first. */
export interface StatementView {
  readonly account: string;
  readonly balanceMicrocredits: Microcredits;
  readonly lines: readonly StatementLineView[];
}

/** Credit for an account from the mint, by the operator. */
export interface GrantRequest {
  /** Whoever orders chooses it: the same order again changes nothing. */
  readonly id: string;
  /** `kind:name`. */
  readonly to: string;
  readonly microcredits: Microcredits;
  readonly memo?: string;
}

export interface TransferRequest extends GrantRequest {
  readonly from: string;
}

/** An order that was carried out. */
export interface OrderView {
  readonly event: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly microcredits: Microcredits;
  readonly memo: string;
  readonly timeMs: number;
  /** False for the repetition of an order that had been carried out before. */
  readonly fresh: boolean;
}

export interface RunningJobView {
  readonly job: string;
  readonly project: string;
  readonly title: string;
  readonly cellsVerified: number;
  readonly cellsTotal: number;
  /** What is verified, over what links and GPUs allow at best (see BoundView), 0…1; null before there is any. */
  readonly boundShare: number | null;
}

export interface RecentReceiptView {
  readonly contributor: string;
  readonly multiplyAdds: number;
  readonly verifiedMs: number;
  /** Its leaf in the public log. */
  readonly logIndex: number;
}

/** The public state of the network, without a token. */
export interface NetworkView {
  readonly network: string;
  /** PeerId: what pages pin and receipts are signed with. */
  readonly coordinator: string;
  readonly contributorsNow: number;
  readonly jobsRunning: number;
  readonly shardsVerified: number;
  readonly multiplyAddsVerified: number;
  /** Verified multiply-adds, two floating-point operations each, over the seconds: not what GPUs could do. */
  readonly flopsLastMinute: number;
  readonly flopsLastHour: number;
  /** The first to be served first, at most 50. */
  readonly jobs: readonly RunningJobView[];
  /** Newest first, at most 20. */
  readonly receipts: readonly RecentReceiptView[];
}

/** Every error answer (RFC 9457, application/problem+json). */
export interface ProblemView {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** One of our error codes. */
  readonly code: string;
}

/** A copy of the embedded database, in the coordinator's data folder. */
export interface SnapshotView {
  /** Below the data folder. */
  readonly folder: string;
  /** Leaves of the public log that it holds at least. */
  readonly receipts: number;
}
