/** A status over several runs of a contributor, which counts from zero at every start. Pure. */
import type { ContributorStatus } from '../contributor/api.ts';

/** Of a status that nothing runs behind. */
export const STILL = {
  detail: '',
  retryInMs: undefined,
  progress: 0,
  paused: false,
  finishing: false,
  leases: [],
  problem: undefined,
} as const;

/** What a visit has come to: earlier runs, and the one that goes on. */
export function addTotals(before: ContributorStatus, now: ContributorStatus): ContributorStatus {
  return {
    ...now,
    shardsVerified: before.shardsVerified + now.shardsVerified,
    shardsRejected: before.shardsRejected + now.shardsRejected,
    multiplyAddsVerified: before.multiplyAddsVerified + now.multiplyAddsVerified,
    microcredits: before.microcredits + now.microcredits,
    bytesDown: before.bytesDown + now.bytesDown,
    bytesUp: before.bytesUp + now.bytesUp,
    downBusyMs: before.downBusyMs + now.downBusyMs,
    upBusyMs: before.upBusyMs + now.upBusyMs,
    gpuBusyMs: before.gpuBusyMs + now.gpuBusyMs,
    receipts: before.receipts + now.receipts,
  };
}
