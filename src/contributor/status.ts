/** How events become the status that a visitor reads. Pure. */
import { type AppError, type ErrorCode, unreachable } from '../core/errors.ts';
import { formatDuration } from '../core/units.ts';
import type { ConnectionState } from '../net/reconnect.ts';
import {
  type ContributorStatus,
  type DiskView,
  type LogView,
  type NameAnswer,
  type Problem,
  STOPPED,
} from './api.ts';
import type { SessionEvent } from './session-events.ts';

export type StatusEvent =
  | SessionEvent
  | { readonly type: 'started'; readonly peerId: string }
  | { readonly type: 'testing' }
  | { readonly type: 'adapter'; readonly adapter: string; readonly kernel: string }
  | { readonly type: 'connection'; readonly state: ConnectionState }
  | { readonly type: 'pulled'; readonly lease: string; readonly share: number }
  | { readonly type: 'log'; readonly log: LogView }
  | ({ readonly type: 'moved'; readonly linkShare: number | undefined } & Moved)
  | { readonly type: 'disk'; readonly disk: DiskView }
  | { readonly type: 'wishes'; readonly paused: boolean; readonly finishing: boolean }
  | { readonly type: 'drift'; readonly drift: number | undefined }
  | { readonly type: 'renamed' }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly problem: Problem };

export type Moved = Pick<ContributorStatus, 'bytesDown' | 'bytesUp' | 'downBusyMs' | 'upBusyMs'>;

const ENDED = { progress: 0, paused: false, finishing: false } as const;
const WAITING = 'Connected. Nothing to compute at the moment; work will come by itself.';

export function nextStatus(old: ContributorStatus, event: StatusEvent): ContributorStatus {
  const leases = leasesAfter(old.leases, event);
  const next = shown(old, event);
  return leases === old.leases ? next : { ...next, leases };
}

/** Those that still want a result. */
function leasesAfter(old: readonly string[], event: StatusEvent): readonly string[] {
  const { type } = event;
  if (type === 'lease') return [...old, event.lease];
  if (type === 'committed' || type === 'ended') return old.filter((id) => id !== event.lease);
  // Leases end with the connection that they came by.
  return type === 'connection' || type === 'stopped' || type === 'failed' ? [] : old;
}

function shown(old: ContributorStatus, event: StatusEvent): ContributorStatus {
  switch (event.type) {
    case 'started':
      return { ...STOPPED, stage: 'testing', detail: 'Preparing the GPU.', peerId: event.peerId };
    case 'testing':
    case 'self-test':
      return { ...old, stage: 'testing', detail: 'Testing the GPU with known answers.', progress: 0 };
    case 'self-tested':
      return { ...old, stage: 'waiting', detail: WAITING };
    case 'adapter':
      return { ...old, adapter: event.adapter, kernel: event.kernel };
    case 'connection':
      return connection(old, event.state);
    case 'welcome':
      return {
        ...old,
        stage: 'waiting',
        detail: WAITING,
        progress: 0,
        network: event.network,
        balanceMicrocredits: event.balanceMicrocredits,
        problem: undefined,
      };
    case 'lease':
      return {
        ...old,
        stage: 'downloading',
        detail: `Downloading blocks for “${event.project}”.`,
        progress: 0,
        project: event.project,
      };
    case 'progress': {
      const { stage, done, total } = event.progress;
      const what = stage === 'computing' ? 'Computing a shard of' : 'Downloading blocks for';
      return { ...old, stage, detail: `${what} “${old.project}”.`, progress: done / total };
    }
    case 'committed':
      return {
        ...old,
        stage: 'uploading',
        detail: 'Sending the result; the coordinator checks every number.',
        progress: 0,
        rate: event.rate,
        gpuBusyMs: old.gpuBusyMs + event.gpuMs,
      };
    case 'receipt':
      return {
        ...old,
        stage: 'verified',
        detail: 'Verified: every number was checked.',
        progress: 1,
        shardsVerified: old.shardsVerified + 1,
        receipts: old.receipts + 1,
        multiplyAddsVerified: old.multiplyAddsVerified + Number(event.receipt.multiplyAdds),
        microcredits: old.microcredits + event.receipt.microcredits,
        balanceMicrocredits: event.receipt.balanceMicrocredits,
        problem: undefined,
      };
    case 'ended':
      return ended(old, event);
    case 'notice':
      if (event.code === 'idle') return { ...old, stage: 'waiting', detail: WAITING, progress: 0 };
      if (NAME_STATES[event.code])
        return { ...old, nameAnswer: { state: NAME_STATES[event.code]!, text: event.text } };
      return { ...old, detail: event.text };
    case 'pulled':
      // Another shard may be on show by now.
      return old.stage === 'uploading' ? { ...old, progress: event.share } : old;
    case 'log':
      return { ...old, log: event.log };
    case 'moved': {
      const { bytesDown, bytesUp, downBusyMs, upBusyMs, linkShare } = event;
      return { ...old, bytesDown, bytesUp, downBusyMs, upBusyMs, linkShare };
    }
    case 'disk':
      return { ...old, disk: event.disk };
    case 'wishes': {
      const { paused, finishing } = event;
      const same = paused === old.paused && finishing === old.finishing;
      return same ? old : { ...old, paused, finishing };
    }
    case 'drift':
      return { ...old, drift: event.drift };
    case 'renamed':
      return { ...old, nameAnswer: undefined };
    case 'stopped':
      return { ...old, ...ENDED, stage: 'stopped', detail: '', problem: undefined };
    case 'failed':
      return { ...old, ...ENDED, stage: 'failed', detail: event.problem.message, problem: event.problem };
    default:
      return unreachable(event);
  }
}

const NAME_STATES: Readonly<Record<string, NameAnswer['state']>> = {
  'profile-waiting': 'waiting',
  'profile-kept': 'kept',
  'profile-refused': 'refused',
};

function connection(old: ContributorStatus, state: ConnectionState): ContributorStatus {
  if (state.state === 'connected')
    return {
      ...old,
      stage: 'connecting',
      detail: 'Connected; saying hello.',
      retryInMs: undefined,
      problem: undefined,
    };
  if (state.state === 'connecting') {
    return {
      ...old,
      stage: 'connecting',
      detail: state.attempt > 1 ? old.detail : 'Connecting to the coordinator.',
      progress: 0,
    };
  }
  const { code, what, why } = refusal(state.error);
  const detail = `${what}; trying again in ${formatDuration(state.retryInMs ?? 0)}.${why ? ` Reason: ${why}.` : ''}`;
  return {
    ...old,
    stage: 'connecting',
    detail,
    retryInMs: state.retryInMs,
    progress: 0,
    problem: { code, message: detail },
  };
}

function refusal(error: AppError | undefined): { code: ErrorCode; what: string; why?: string } {
  const { code, message: why } = error ?? { code: 'unreachable', message: '' };
  if (code === 'wrong-peer') {
    return { code, what: 'The coordinator at this address has another identity than this page expects' };
  }
  if (code === 'bad-frame' || code === 'bad-signature') {
    return { code, what: 'The coordinator sent what cannot be right, so this page hung up', why };
  }
  if (code === 'too-large') {
    return { code, what: 'The coordinator asks for more than it may, so this page hung up', why };
  }
  if (code === 'not-found') return { code, what: 'The coordinator is of another version than this page' };
  return { code: 'unreachable', what: 'Cannot reach the coordinator' };
}

function ended(old: ContributorStatus, event: SessionEvent & { type: 'ended' }): ContributorStatus {
  if (event.reason !== 'rejected')
    return { ...old, stage: 'waiting', detail: event.text || WAITING, progress: 0 };
  const message =
    'A result failed verification. This GPU repeats its known answers before it gets more work.';
  return {
    ...old,
    stage: 'waiting',
    detail: message,
    progress: 0,
    shardsRejected: old.shardsRejected + 1,
    problem: { code: 'gpu-wrong', message },
  };
}

/** Over earlier connections, and on the one that is. */
export function plus(earlier: Moved, now: Moved): Moved {
  return {
    bytesDown: earlier.bytesDown + now.bytesDown,
    bytesUp: earlier.bytesUp + now.bytesUp,
    downBusyMs: earlier.downBusyMs + now.downBusyMs,
    upBusyMs: earlier.upBusyMs + now.upBusyMs,
  };
}
