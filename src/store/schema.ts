/**
 * The tables, as Kysely sees them. Columns are snake_case in SQL and camelCase here.
 * `int8` holds credit and work and is a bigint; `float8` holds milliseconds and byte counts, whole
 * numbers that are exact below 2⁵³, and is a number. Both drivers are set to agree on this.
 */
import type { Generated, Insertable, Selectable } from 'kysely';
import type { Dtype } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { JobDtype, LimbsTable, PartColumns } from './schema-floats.ts';

/** 'expired': its deadline passed first. */
export type JobState = 'running' | 'done' | 'cancelled' | 'failed' | 'expired';
export type LeaseState = 'open' | 'done' | 'expired' | 'rejected' | 'declined' | 'cancelled';
export type AccountKind =
  | 'contributor'
  | 'site'
  | 'team'
  | 'project'
  | 'requester'
  | 'reserve'
  | 'treasury'
  | 'burn';

/** A rectangle of C in 256-row blocks on both sides. */
export interface RectangleColumns {
  rowBlock: number;
  colBlock: number;
  rowBlocks: number;
  colBlocks: number;
}

export interface OperandsTable {
  /** Manifest hash. */
  id: Hash;
  dtype: Dtype;
  rows: number;
  k: number;
  /** The largest magnitude in the operand, which the bounds of verification need. */
  maxAbs: number;
  /** Of its blocks; 0 for a seeded operand, which has none. */
  bytes: number;
  name: string;
  createdMs: number;
  /** When the same came again last; null while it has come once. */
  uploadedMs: number | null;
  /** Since when its blocks need not be kept; null while they are. Its manifest stays: credits are audited by it. */
  removedMs: number | null;
}

export interface JobsTable extends PartColumns {
  id: string;
  /** Operands: C = A·Bᵀ. */
  a: Hash;
  b: Hash;
  dtype: JobDtype;
  rows: number;
  cols: number;
  k: number;
  project: string;
  title: string;
  priority: number;
  state: JobState;
  createdMs: number;
  finishedMs: number | null;
  resultManifest: Hash | null;
  error: string | null;
  /** What links and GPUs allowed, and when the first shard was given out; null where nobody measured it. */
  startedMs: number | null;
  boundSeconds: number | null;
  boundBytes: number | null;
  /** When it ends unfinished; null for never. */
  deadlineMs: number | null;
  /** Since when the blocks of C need not be kept; null while they are, and always while it runs. */
  removedMs: number | null;
}

/** What a requester's key stands for, for a day: the job that the first request with it made or retried. */
export interface IdempotencyKeysTable {
  requester: string;
  key: string;
  /** SHA-256 of that request. */
  fingerprint: Hash;
  job: string;
  createdMs: number;
}

/** A verified shard; its id is its lease's id (32 hexadecimal digits). */
export interface ShardsTable extends RectangleColumns {
  id: string;
  job: string;
  contributor: string;
  leaseEnvelope: Uint8Array;
  resultEnvelope: Uint8Array;
  resultDigest: Hash;
  /** Null only inside the transaction that settles the shard: it states the balance after the credit. */
  receiptEnvelope: Uint8Array | null;
  multiplyAdds: bigint;
  /** Credited for it, 0 where a capped supply gave nothing. Until it is credited: the work, at rate 1. */
  microcredits: bigint;
  missLog2: number;
  gpuMs: number;
  bytesDown: number;
  bytesUp: number;
  verifiedMs: number;
  /** Origin of the site in whose frame it was computed, by the contributor's word; null for none that is allowed. */
  site: string | null;
  /** The process that settled it; null where the coordinator shares its network with no other. */
  coordinator: Generated<string | null>;
}

/** A verified cell of C. Its primary key is what makes "credited at most once" true. */
export interface CellsTable {
  job: string;
  rowBlock: number;
  colBlock: number;
  shard: string;
  block: Hash;
}

export interface LeasesTable extends RectangleColumns {
  id: string;
  job: string;
  contributor: string;
  envelope: Uint8Array;
  deadlineMs: number;
  state: LeaseState;
  createdMs: number;
  endedMs: number | null;
  /** The process that gave it; null where the coordinator shares its network with no other. */
  coordinator: Generated<string | null>;
  /** Why the result was refused, of a rejected one. */
  reason: Generated<string | null>;
}

export interface AccountsTable {
  /** `kind:name`, such as `contributor:12D3KooW…` or `treasury:mint`. */
  id: string;
  kind: AccountKind;
  createdMs: number;
  /** A fold of the account's postings, kept by a trigger and by nothing else. */
  balanceMicrocredits: Generated<bigint>;
}

export interface EventsTable {
  id: Generated<bigint>;
  kind: string;
  shard: string | null;
  /** Unique: what must happen once. */
  businessId: string | null;
  timeMs: number;
  memo: string;
}

export interface PostingsTable {
  event: bigint;
  account: string;
  microcredits: bigint;
}

/** One row. */
export interface LogTreeTable {
  /** Leaves. */
  size: bigint;
  /** Whether the receipts that are older than the log are in it. */
  adopted: boolean;
}

/** The public log's leaves: an entry is the envelopes of its shard. */
export interface LogLeavesTable {
  index: bigint;
  shard: string;
}

/** Hashes of complete subtrees; those of level 0 are the leaves'. */
export interface LogNodesTable {
  level: number;
  index: bigint;
  hash: Uint8Array;
}

/** The last checkpoint that was signed under an origin. */
export interface LogCheckpointsTable {
  origin: string;
  size: bigint;
  root: Uint8Array;
  note: string;
  signedMs: number;
}

/** API tokens; the data folder's own is not among them. */
export interface TokensTable {
  /** 16 hexadecimal digits; the requester's account is `requester:ID`. */
  id: string;
  /** SHA-256 of the whole token. */
  hash: Hash;
  label: string;
  /** 'submit,read,operate' or some of them. */
  scopes: string;
  createdMs: number;
  lastUsedMs: number | null;
  expiresMs: number | null;
  revokedMs: number | null;
}

/** Which requester uploaded an operand or created a job. */
export interface BelongingsTable {
  /** `requester:ID`. */
  requester: string;
  /** An operand's or a job's id. */
  thing: string;
}

/** What a contributor wants to be called, by the newest statement that it signed; '' is none. */
export interface ProfilesTable {
  /** PeerId. */
  contributor: string;
  name: string;
  team: string;
  issuedMs: number;
  envelope: Uint8Array;
}

/** Sums over settled shards, kept by a trigger and by nothing else. */
interface WorkColumns {
  /** PeerId. */
  contributor: string;
  shards: number;
  /** float8: 2⁶³ of them are three months of a network at 10¹² a second. */
  multiplyAdds: number;
  microcredits: bigint;
}

/** …of all time. */
export type WorkTable = WorkColumns;

/** …and of one hour, counted from 1970; hours that no window needs are removed. */
export interface WorkHoursTable extends WorkColumns {
  hour: number;
}

/** Sums over the shards of one site and one UTC day, counted from 1970; kept by a trigger and by nothing else. */
export interface SiteDaysTable {
  site: string;
  day: number;
  /** Different keys. */
  contributors: number;
  shards: number;
  multiplyAdds: number;
  microcredits: bigint;
}

/** Who has worked on a site, and the last day on which they were counted there. */
export interface SiteContributorsTable {
  site: string;
  contributor: string;
  lastDay: number;
}

/** Who has shown last that a site is theirs. */
export interface SiteOwnersTable {
  site: string;
  /** SHA-256 of the owner's token. */
  hash: Hash;
  claimedMs: number;
}

/** Two keys that have both signed that the one counts as the other; only ever added to. */
export interface JoinsTable {
  /** SHA-256 of the join's envelope, and of the offer's. */
  digest: Hash;
  offerDigest: Hash;
  /** PeerIds. */
  joined: string;
  main: string;
  offerEnvelope: Uint8Array;
  joinEnvelope: Uint8Array;
  joinedMs: number;
}

/** Joins that have ended, by the word of either key; only ever added to. */
export interface JoinEndsTable {
  joinDigest: Hash;
  signer: string;
  envelope: Uint8Array;
  endedMs: number;
}

/** Who counts as whom now: every joined key, and every main key that has any. */
export interface MembersTable {
  contributor: string;
  main: string;
}

/** Processes that share this network. */
export interface CoordinatorsTable {
  id: string;
  url: string;
  /** JSON: multiaddrs. */
  addresses: string;
  contributors: number;
  /** JSON: contributors by origin. */
  sites: string;
  speed: number;
  beatAt: Date;
}

/** Parts of running jobs, and the process that leases each out. */
export interface PlotsTable extends RectangleColumns {
  job: string;
  holder: string | null;
}

/** Codes that stand for an offer to join two keys, for some minutes, once. */
export interface JoinCodesTable {
  code: string;
  joined: string;
  offer: Uint8Array;
  expiresMs: number;
}

/** What the operator keeps from working: a contributor, or a project. */
export interface BansTable {
  /** PeerId. */
  contributor: string;
  reason: string;
  sinceMs: number;
}

export interface PausesTable {
  project: string;
  reason: string;
  sinceMs: number;
}

export type HiddenKind = 'contributor' | 'team';

/** A contributor whose name and team are not shown, or a team that is not. */
export interface HiddenNamesTable {
  kind: HiddenKind;
  subject: string;
  reason: string;
  sinceMs: number;
}

/** A view: profiles without what is hidden. */
export interface ShownProfilesTable extends Omit<ProfilesTable, 'envelope'> {
  envelope: Uint8Array | null;
}

/** What operators have done; only ever added to. */
export interface OperatorLogTable {
  id: Generated<bigint>;
  timeMs: number;
  /** The token's id. */
  token: string;
  action: string;
  /** What it was done to. */
  subject: string;
  reason: string;
}

export interface SettingsTable {
  key: string;
  value: string;
}

export interface Schema {
  operands: OperandsTable;
  limbs: LimbsTable;
  jobs: JobsTable;
  idempotencyKeys: IdempotencyKeysTable;
  shards: ShardsTable;
  cells: CellsTable;
  leases: LeasesTable;
  accounts: AccountsTable;
  events: EventsTable;
  postings: PostingsTable;
  logTree: LogTreeTable;
  logLeaves: LogLeavesTable;
  logNodes: LogNodesTable;
  logCheckpoints: LogCheckpointsTable;
  tokens: TokensTable;
  belongings: BelongingsTable;
  profiles: ProfilesTable;
  work: WorkTable;
  workHours: WorkHoursTable;
  siteDays: SiteDaysTable;
  siteContributors: SiteContributorsTable;
  siteOwners: SiteOwnersTable;
  joins: JoinsTable;
  joinEnds: JoinEndsTable;
  members: MembersTable;
  coordinators: CoordinatorsTable;
  plots: PlotsTable;
  joinCodes: JoinCodesTable;
  bans: BansTable;
  pauses: PausesTable;
  hiddenNames: HiddenNamesTable;
  shownProfiles: ShownProfilesTable;
  operatorLog: OperatorLogTable;
  settings: SettingsTable;
}

export type Operand = Selectable<OperandsTable>;
export type NewOperand = Omit<Operand, 'uploadedMs' | 'removedMs'>;
export type Job = Selectable<JobsTable>;
export type Shard = Selectable<ShardsTable>;
export type NewShard = Omit<Insertable<ShardsTable>, 'receiptEnvelope'>;
export type Cell = Selectable<CellsTable>;
export type Lease = Selectable<LeasesTable>;
export type NewLease = Omit<Insertable<LeasesTable>, 'state' | 'endedMs'>;
export type Token = Selectable<TokensTable>;
export type SiteOwner = Selectable<SiteOwnersTable>;
export type Ban = Selectable<BansTable>;
export type Pause = Selectable<PausesTable>;
export type HiddenName = Selectable<HiddenNamesTable>;
export type OperatorEntry = Selectable<OperatorLogTable>;
export type StoredJoin = Selectable<JoinsTable>;
export type StoredProfile = Selectable<ProfilesTable>;
