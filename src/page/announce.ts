/**
 * What a screen reader is told. A shard passes four stages every few seconds; announcing each would
 * make the page unusable, so this text changes only with the phase and at round numbers of shards.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import { logProblemText, shardsLabel, statusSentence } from './texts.ts';

const MILESTONES = [1, 5, 10, 25, 50] as const;

/** The last round number reached: 0, 1, 5, 10, 25, 50, then every hundred. */
export function milestone(shards: number): number {
  if (shards >= 100) return shards - (shards % 100);
  return MILESTONES.findLast((mark) => mark <= shards) ?? 0;
}

export function announcement(status: ContributorStatus, ranBefore: boolean): string {
  const problem = status.log?.problem;
  const now = announced(status, ranBefore);
  return problem ? `${logProblemText(problem).title}. ${now}` : now;
}

function announced(status: ContributorStatus, ranBefore: boolean): string {
  if (!isWorking(status)) {
    // A retry says another number of seconds each time; the first sentence is enough.
    return status.stage === 'connecting' && status.problem
      ? 'Cannot reach the coordinator; trying again.'
      : statusSentence(status, ranBefore);
  }
  const reached = milestone(status.shardsVerified);
  return reached === 0 ? 'Working.' : `Working. ${reached} ${shardsLabel(reached)}.`;
}

export function isWorking({ stage }: ContributorStatus): boolean {
  return stage === 'downloading' || stage === 'computing' || stage === 'uploading' || stage === 'verified';
}
