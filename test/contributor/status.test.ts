import { describe, expect, it } from 'vitest';
import { type ContributorStatus, STOPPED } from '../../src/contributor/api.ts';
import { type StatusEvent, nextStatus } from '../../src/contributor/status.ts';
import { AppError, type ErrorCode } from '../../src/core/errors.ts';
import type { Receipt } from '../../src/protocol/envelope.ts';

const LEASE = 'ab'.repeat(16);
const SHARD = {
  dtype: 'i8',
  shard: { job: 'job', rows: 256, cols: 256, k: 1024, aBytes: 1, bBytes: 1 },
} as const;
const RECEIPT: Receipt = {
  leaseDigest: '11'.repeat(32),
  resultDigest: '22'.repeat(32),
  lease: LEASE,
  contributor: '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f',
  job: 'job',
  multiplyAdds: 67_108_864n,
  microcredits: 68n,
  balanceMicrocredits: 1_068n,
  missLog2: 72,
  timeMs: 1,
};

const after = (...events: readonly StatusEvent[]): ContributorStatus => events.reduce(nextStatus, STOPPED);
const started: StatusEvent = { type: 'started', peerId: 'me' };
const leased: StatusEvent = { type: 'lease', lease: LEASE, project: 'digits' };
const NO_BYTES = new Uint8Array();
const receipt: StatusEvent = {
  type: 'receipt',
  receipt: RECEIPT,
  envelope: NO_BYTES,
  lease: NO_BYTES,
  result: NO_BYTES,
};
const progress = (stage: 'downloading' | 'computing', done: number): StatusEvent => ({
  type: 'progress',
  lease: LEASE,
  progress: { stage, done, total: 4 },
});
const ended = (reason: 'cancelled' | 'rejected' | 'stale' | 'declined', text = ''): StatusEvent => ({
  type: 'ended',
  lease: LEASE,
  reason,
  text,
});
const waiting = (retryInMs: number, code?: ErrorCode): StatusEvent => ({
  type: 'connection',
  state: {
    state: 'waiting',
    attempt: 2,
    retryInMs,
    ...(code && { error: new AppError(code, 'what the library said') }),
  },
});

describe('the status a visitor reads', () => {
  it.each<[string, readonly StatusEvent[], Partial<ContributorStatus>]>([
    ['a start', [started], { stage: 'testing', detail: 'Preparing the GPU.', peerId: 'me' }],
    ['the known answers', [started, { type: 'testing' }], { stage: 'testing', progress: 0 }],
    ['known answers asked for again', [started, { type: 'self-test' }], { stage: 'testing' }],
    [
      'known answers given',
      [started, { type: 'self-test' }, { type: 'self-tested' }],
      { stage: 'waiting', detail: expect.stringContaining('Nothing to compute') as string },
    ],
    [
      'an adapter',
      [started, { type: 'adapter', adapter: 'Apple', kernel: 'i8-dot4' }],
      { adapter: 'Apple', kernel: 'i8-dot4', stage: 'testing' },
    ],
    [
      'dialling',
      [started, { type: 'connection', state: { state: 'connecting', attempt: 1 } }],
      { stage: 'connecting', detail: 'Connecting to the coordinator.' },
    ],
    [
      'a connection',
      [started, { type: 'connection', state: { state: 'connected', attempt: 1 } }],
      { stage: 'connecting', problem: undefined },
    ],
    [
      'a welcome',
      [started, { type: 'welcome', network: 'Tilework', balanceMicrocredits: 5n }],
      { stage: 'waiting', network: 'Tilework', balanceMicrocredits: 5n, problem: undefined },
    ],
    [
      'a lease',
      [started, leased],
      { stage: 'downloading', project: 'digits', progress: 0, detail: 'Downloading blocks for “digits”.' },
    ],
    [
      'blocks on their way',
      [leased, progress('downloading', 1)],
      { stage: 'downloading', progress: 0.25, detail: 'Downloading blocks for “digits”.' },
    ],
    [
      'computing',
      [leased, progress('computing', 3)],
      { stage: 'computing', progress: 0.75, detail: 'Computing a shard of “digits”.' },
    ],
    [
      'a committed result',
      [leased, { type: 'committed', lease: LEASE, bytes: 9, rate: 4e9, gpuMs: 25, ...SHARD }],
      { stage: 'uploading', progress: 0, rate: 4e9, gpuBusyMs: 25 },
    ],
    [
      'blocks of C on their way',
      [
        leased,
        { type: 'committed', lease: LEASE, bytes: 9, rate: 4e9, gpuMs: 25, ...SHARD },
        { type: 'pulled', lease: LEASE, share: 0.5 },
      ],
      { stage: 'uploading', progress: 0.5 },
    ],
    [
      'the next shard rather than the upload of the last',
      [leased, progress('computing', 1), { type: 'pulled', lease: 'another', share: 0.5 }],
      { stage: 'computing', progress: 0.25 },
    ],
    [
      'a lease taken back',
      [leased, ended('cancelled', 'the job has ended')],
      { stage: 'waiting', detail: 'the job has ended', shardsRejected: 0 },
    ],
    ['a stale result', [leased, ended('stale')], { stage: 'waiting', shardsRejected: 0 }],
    [
      'a declined lease',
      [leased, ended('declined', 'too large')],
      { stage: 'waiting', detail: 'too large', problem: undefined },
    ],
    [
      'another name after one that was answered',
      [{ type: 'notice', code: 'profile-kept', text: 'Shown.' }, { type: 'renamed' }],
      { nameAnswer: undefined },
    ],
    [
      'an idle network',
      [leased, { type: 'notice', code: 'idle', text: 'Nothing.' }],
      { stage: 'waiting', detail: expect.stringContaining('work will come by itself') as string },
    ],
    [
      'a notice that only the coordinator understands',
      [leased, { type: 'notice', code: 'go-away', text: 'Maintenance at noon.' }],
      { stage: 'downloading', detail: 'Maintenance at noon.' },
    ],
    [
      'what the link has moved',
      [{ type: 'moved', linkShare: 0.5, bytesDown: 7, bytesUp: 3, downBusyMs: 20, upBusyMs: 30 }],
      { bytesDown: 7, bytesUp: 3, downBusyMs: 20, upBusyMs: 30, stage: 'stopped' },
    ],
    [
      'what the disk keeps',
      [{ type: 'disk', disk: { usedBytes: 5, budgetBytes: 9 } }],
      { disk: { usedBytes: 5, budgetBytes: 9 }, stage: 'stopped' },
    ],
    ['a stop', [started, leased, { type: 'stopped' }], { stage: 'stopped', detail: '', progress: 0 }],
    [
      'a failure',
      [started, { type: 'failed', problem: { code: 'no-webgpu', message: 'No WebGPU here.' } }],
      {
        stage: 'failed',
        detail: 'No WebGPU here.',
        problem: { code: 'no-webgpu', message: 'No WebGPU here.' },
      },
    ],
  ])('follows %s', (_, events, expected) => {
    expect(after(...events)).toMatchObject(expected);
  });

  it('adds up what was verified, and takes the balance from the receipt', () => {
    expect(after(started, leased, receipt, leased, receipt)).toMatchObject({
      stage: 'verified',
      progress: 1,
      shardsVerified: 2,
      receipts: 2,
      multiplyAddsVerified: 2 * 67_108_864,
      microcredits: 136n,
      balanceMicrocredits: 1_068n,
    });
  });

  it('says that a result was rejected until the next one is verified', () => {
    const rejected = after(started, leased, ended('rejected', 'wrong'));
    expect(rejected).toMatchObject({
      stage: 'waiting',
      shardsRejected: 1,
      microcredits: 0n,
      problem: { code: 'gpu-wrong' },
    });
    expect(rejected.problem?.message).toMatch(/failed verification/);
    const retested = [{ type: 'self-test' }, { type: 'self-tested' }] as const;
    expect(retested.reduce<ContributorStatus>(nextStatus, rejected).problem?.code).toBe('gpu-wrong');
    const mended = nextStatus(rejected, receipt);
    expect(mended).toMatchObject({ problem: undefined, shardsRejected: 1, shardsVerified: 1 });
  });

  it.each<[number, ErrorCode | undefined, string, ErrorCode]>([
    [8_000, 'unreachable', 'Cannot reach the coordinator; trying again in 8.0 s.', 'unreachable'],
    [400, 'closed', 'Cannot reach the coordinator; trying again in 0.4 s.', 'unreachable'],
    [59_400, undefined, 'Cannot reach the coordinator; trying again in 59 s.', 'unreachable'],
    [
      45_000,
      'wrong-peer',
      'The coordinator at this address has another identity than this page expects; trying again in 45 s.',
      'wrong-peer',
    ],
    [
      2_000,
      'bad-signature',
      'The coordinator sent what cannot be right, so this page hung up; trying again in 2.0 s. Reason: what the library said.',
      'bad-signature',
    ],
    [
      2_000,
      'bad-frame',
      'The coordinator sent what cannot be right, so this page hung up; trying again in 2.0 s. Reason: what the library said.',
      'bad-frame',
    ],
    [
      2_000,
      'too-large',
      'The coordinator asks for more than it may, so this page hung up; trying again in 2.0 s. Reason: what the library said.',
      'too-large',
    ],
  ])('says when it tries again: %s ms after %s', (ms, error, detail, code) => {
    const status = after(started, leased, waiting(ms, error));
    expect(status).toMatchObject({
      stage: 'connecting',
      detail,
      progress: 0,
      problem: { code, message: detail },
    });
  });

  it('keeps the sentence of the last failure while it dials again, and drops it once connected', () => {
    const again = after(waiting(8_000, 'unreachable'), {
      type: 'connection',
      state: { state: 'connecting', attempt: 3 },
    });
    expect(again.detail).toContain('Cannot reach the coordinator');
    expect(again.problem?.code).toBe('unreachable');
    const connected = nextStatus(again, { type: 'connection', state: { state: 'connected', attempt: 3 } });
    expect(connected.problem).toBeUndefined();
    expect(nextStatus(connected, leased).shardsVerified).toBe(0);
  });

  it('keeps the totals over a reconnect and a stop, and forgets them at a new start', () => {
    const worked = after(
      started,
      leased,
      receipt,
      waiting(1_000, 'closed'),
      { type: 'welcome', network: 'Tilework', balanceMicrocredits: 1_068n },
      { type: 'stopped' },
    );
    expect(worked).toMatchObject({ shardsVerified: 1, microcredits: 68n, stage: 'stopped' });
    expect(nextStatus(worked, started)).toMatchObject({ shardsVerified: 0, microcredits: 0n });
  });
});

describe('the leases of a status', () => {
  const second: StatusEvent = { type: 'lease', lease: 'cd'.repeat(16), project: 'digits' };
  const committed: StatusEvent = {
    type: 'committed',
    lease: LEASE,
    bytes: 1,
    rate: 1,
    gpuMs: 1,
    ...SHARD,
  };

  it('are those without a committed result', () => {
    expect(after(started, leased, second).leases).toEqual([LEASE, 'cd'.repeat(16)]);
    expect(after(started, leased, second, committed).leases).toEqual(['cd'.repeat(16)]);
    expect(after(started, leased, second, committed, receipt).leases).toEqual(['cd'.repeat(16)]);
    expect(after(started, leased, ended('declined'), ended('declined')).leases).toEqual([]);
  });

  it.each<StatusEvent>([
    { type: 'connection', state: { state: 'connecting', attempt: 1 } },
    { type: 'stopped' },
    { type: 'failed', problem: { code: 'gpu-lost', message: 'gone' } },
  ])('end with the connection: $type', (event) => {
    expect(after(started, leased, event).leases).toEqual([]);
  });
});
