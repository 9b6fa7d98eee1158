/**
 * What a screen reader is told. A shard passes four stages every few seconds; announcing each would
 * make the page unusable, so this text changes only with the phase and at round numbers of shards.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import { statusSentence, troubleOf } from './sentences.ts';
import { counted } from './shown-numbers.ts';
import type { Strings } from './strings.ts';

const MILESTONES = [1, 5, 10, 25, 50] as const;

/** The last round number reached: 0, 1, 5, 10, 25, 50, then every hundred. */
export function milestone(shards: number): number {
  if (shards >= 100) return shards - (shards % 100);
  return MILESTONES.findLast((mark) => mark <= shards) ?? 0;
}

export function announcement(status: ContributorStatus, ranBefore: boolean, strings: Strings): string {
  const problem = status.log?.problem;
  const now = announced(status, ranBefore, strings);
  return problem ? `${strings.log[problem].title}. ${now}` : now;
}

function announced(status: ContributorStatus, ranBefore: boolean, strings: Strings): string {
  const { said, now, locale } = strings;
  if (!isWorking(status)) {
    // A retry says another number of seconds each time; the first sentence is enough.
    return status.stage === 'connecting' && status.problem
      ? now.retrying(troubleOf(status.problem.code, strings), undefined)
      : statusSentence(status, ranBefore, strings);
  }
  const reached = milestone(status.shardsVerified);
  return reached === 0 ? said.working : said.workingSince(counted(locale, reached), reached);
}

export function isWorking({ stage }: ContributorStatus): boolean {
  return stage === 'downloading' || stage === 'computing' || stage === 'uploading' || stage === 'verified';
}
