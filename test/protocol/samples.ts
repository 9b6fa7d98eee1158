/** One value of every message, with every field set: golden vectors and mutations start from these. */
import type { Lease, Profile, Receipt, Result } from '../../src/protocol/envelope.ts';
import type { Join, JoinOffer, Leave } from '../../src/protocol/join.ts';
import type { FromContributor, FromCoordinator } from '../../src/protocol/control.ts';

export const hashOf = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);
export const LEASE_ID = '000102030405060708090a0b0c0d0e0f';

/** The PeerId of the Ed25519 key whose seed is 32 bytes of 0x07 (keys in fixtures are made from seeds). */
export const CONTRIBUTOR = '12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7';

export const aLease: Lease = {
  id: LEASE_ID,
  contributor: CONTRIBUTOR,
  job: 'job-7f3a',
  project: 'digits',
  issuedMs: 1_767_225_600_000,
  deadlineMs: 1_767_225_630_000,
  microcredits: 17_180n,
  work: {
    kind: 'product',
    a: hashOf(0xa1),
    b: hashOf(0xb2),
    rowBlock: 4,
    colBlock: 300,
    rowBlocks: 2,
    colBlocks: 3,
  },
};

export const aResult: Result = {
  leaseDigest: hashOf(0x11),
  manifest: hashOf(0xc3),
  gpuMs: 8123,
  client: 'tilework/0.1.0',
};

/** Of a time before the log, when receipts had no index; they stay valid. */
export const anOldReceipt: Receipt = {
  leaseDigest: hashOf(0x11),
  resultDigest: hashOf(0x22),
  lease: LEASE_ID,
  contributor: CONTRIBUTOR,
  job: 'job-7f3a',
  multiplyAdds: 17_179_869_184n,
  microcredits: 17_180n,
  balanceMicrocredits: 9_007_199_254_740_991n,
  missLog2: 72,
  timeMs: 1_767_225_612_345,
};

export const aReceipt: Receipt = { ...anOldReceipt, logIndex: 70_000 };

/** Beyond ASCII and beyond 16 bits, in normal form C. */
export const aProfile: Profile = {
  name: 'Ada Løvelace 👩',
  team: 'Équipe d’Étude',
  issuedMs: 1_767_225_600_000,
};
export const aProfileTakenBack: Profile = { name: '', team: '', issuedMs: 1_767_225_600_001 };

export const aJoinOffer: JoinOffer = { claim: LEASE_ID, issuedMs: 1_767_225_600_000 };
export const aJoinOfferForOne: JoinOffer = { ...aJoinOffer, main: CONTRIBUTOR };
export const aJoin: Join = { offerDigest: hashOf(0x33), joined: CONTRIBUTOR, issuedMs: 1_767_225_600_001 };
export const aLeave: Leave = { joinDigest: hashOf(0x44), issuedMs: 1_767_225_600_002 };

const envelope = Uint8Array.from({ length: 40 }, (_, i) => i);

export const contributorMessages: Record<string, FromContributor> = {
  hello: {
    type: 'hello',
    version: 1,
    client: 'tilework/0.1.0',
    operandBytes: 268_435_456,
    resultBytes: 67_108_864,
    rates: { i8: 2.5e12, f16: 1.25e12, f32: 0.5e12 },
    downBytesPerSecond: 6_250_000,
    upBytesPerSecond: 1_250_000,
    projects: ['digits', 'genomes'],
  },
  'hello, nothing measured': {
    type: 'hello',
    version: 1,
    client: 'tilework/0.1.0',
    operandBytes: 0,
    resultBytes: 0,
    rates: { i8: 0, f16: 0, f32: 0 },
    downBytesPerSecond: 0,
    upBytesPerSecond: 0,
    projects: [],
  },
  'hello, with a disk': {
    type: 'hello',
    version: 1,
    client: 'tilework/0.1.0',
    operandBytes: 268_435_456,
    resultBytes: 67_108_864,
    rates: { i8: 2.5e12, f16: 0, f32: 0 },
    downBytesPerSecond: 6_250_000,
    upBytesPerSecond: 1_250_000,
    projects: [],
    cacheBytes: 1_342_177_280,
  },
  'hello, from a frame on a site': {
    type: 'hello',
    version: 1,
    client: 'tilework/0.1.0',
    operandBytes: 268_435_456,
    resultBytes: 67_108_864,
    rates: { i8: 2.5e12, f16: 0, f32: 0 },
    downBytesPerSecond: 0,
    upBytesPerSecond: 0,
    projects: ['digits'],
    site: 'https://shop.example:8443',
  },
  ready: { type: 'ready', leases: 2 },
  'ready for none': { type: 'ready', leases: 0 },
  'ready, with a measured link': { type: 'ready', leases: 1, downBytesPerSecond: 12_500_000 },
  progress: { type: 'progress', lease: LEASE_ID, doneKBlocks: 17, evicted: [hashOf(1), hashOf(2)] },
  'progress, evictions only': { type: 'progress', doneKBlocks: 0, evicted: [hashOf(3)] },
  commit: { type: 'commit', result: envelope, lease: envelope.toReversed() },
  'commit that names its blocks': {
    type: 'commit',
    result: envelope,
    lease: envelope.toReversed(),
    blocks: [hashOf(1), hashOf(2)],
  },
  decline: { type: 'decline', lease: LEASE_ID, code: 'out-of-memory', reason: 'The tile does not fit.' },
  goodbye: { type: 'goodbye', finish: true, reason: 'The visitor pressed Stop.' },
  'set profile': { type: 'set-profile', envelope },
};

export const coordinatorMessages: Record<string, FromCoordinator> = {
  welcome: {
    type: 'welcome',
    version: 1,
    network: 'example',
    window: 2,
    balanceMicrocredits: 9_007_199_254_740_991n,
  },
  'welcome, of a later revision': {
    type: 'welcome',
    version: 1,
    network: 'example',
    window: 64,
    balanceMicrocredits: 0n,
    revision: 300,
  },
  'self-test': { type: 'self-test', reason: 'A result failed its check.' },
  lease: { type: 'lease', envelope },
  cancel: { type: 'cancel', lease: LEASE_ID, reason: 'Another contributor was first.' },
  receipt: { type: 'receipt', envelope },
  notice: { type: 'notice', code: 'idle', text: 'No work just now.', retryAfterMs: 5000 },
  'notice about a lease': {
    type: 'notice',
    code: 'rejected',
    text: 'The result failed verification.',
    lease: LEASE_ID,
    retryAfterMs: 0,
  },
};
