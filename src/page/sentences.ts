/** Which text says what: statuses, reasons and problems in the words of a language. Pure; no sentence stands here. */
import type { ContributorStatus, Problem } from '../contributor/api.ts';
import type { Reason } from '../contributor/policy.ts';
import { unreachable } from '../core/errors.ts';
import { lasting, shared, sized, timeOf } from './numbers.ts';
import { counted, credited, measured } from './shown-numbers.ts';
import type { NoticeText, Strings, Trouble } from './strings.ts';

const FLOP_PER_MULTIPLY_ADD = 2;

export const flops = ({ locale }: Strings, multiplyAdds: number): string =>
  measured(locale, FLOP_PER_MULTIPLY_ADD * multiplyAdds, 'FLOP');

export const flopsPerSecond = ({ locale, stat }: Strings, multiplyAddsPerSecond: number): string =>
  multiplyAddsPerSecond > 0
    ? measured(locale, FLOP_PER_MULTIPLY_ADD * multiplyAddsPerSecond, 'FLOP/s')
    : stat.unknown;

export const credit = ({ locale }: Strings, microcredits: bigint): string =>
  credited(locale, microcredits.toString());

/** Every error code has its text, or the one of 'internal'. */
export function troubleOf(code: string | undefined, strings: Strings): Trouble {
  return code !== undefined && Object.hasOwn(strings.notice, code) ? (code as Trouble) : 'internal';
}

export const problemText = (problem: Pick<Problem, 'code'> | undefined, strings: Strings): NoticeText =>
  strings.notice[troubleOf(problem?.code, strings)];

/** One sentence about now. Percentages are shown beside it, so that it changes only when something happens. */
export function statusSentence(status: ContributorStatus, ranBefore: boolean, strings: Strings): string {
  const { now, locale } = strings;
  const { stage, project = '', problem, retryInMs, finishing } = status;
  switch (stage) {
    case 'stopped':
      return ranBefore ? now.stopped : now.ready;
    case 'testing':
      return now.testing;
    case 'connecting':
      if (!problem) return now.connecting;
      return now.retrying(
        troubleOf(problem.code, strings),
        retryInMs === undefined ? undefined : lasting(locale, Math.max(1000, retryInMs)),
      );
    case 'waiting':
      return finishing ? now.finishing : now.waiting;
    case 'downloading':
      return now.downloading(project);
    case 'computing':
      return now.computing(project);
    case 'uploading':
      return status.progress < 1 ? now.uploading(project) : now.checking;
    case 'verified':
      return now.verified;
    case 'failed':
      return `${problemText(problem, strings).title}.`;
    default:
      return unreachable(stage);
  }
}

/** Each a sentence, with its data. */
export function reasonSentence(reason: Reason, { reason: say, locale }: Strings): string {
  const time = (ms: number): string => timeOf(locale, ms);
  switch (reason.kind) {
    case 'on-battery':
      return say.onBattery;
    case 'battery-low':
      return say.batteryLow(shared(locale, reason.level), shared(locale, reason.floor));
    case 'quiet-hours':
      return say.quietHours(time(reason.untilMs));
    case 'data-cap':
      return say.dataCap(
        sized(locale, reason.usedBytes),
        sized(locale, reason.capBytes),
        time(reason.untilMs),
      );
    case 'metered':
      return say.metered;
    case 'in-use': {
      const { idleMinutes, untilMs } = reason;
      return say.inUse(
        lasting(locale, idleMinutes * 60_000),
        untilMs === undefined ? undefined : time(untilMs),
      );
    }
    case 'very-hot':
      return say.veryHot;
    case 'hot':
      return (reason.seenBy === 'pressure' ? say.hotByPressure : say.hotBySpeed)(
        shared(locale, reason.share),
      );
    case 'throttled':
      return say.throttled;
    case 'offline':
      return say.offline;
    case 'intensity':
      return say.intensity(shared(locale, reason.share));
    default:
      return unreachable(reason);
  }
}

/** After Stop: what it came to. */
export function summary(status: ContributorStatus, strings: Strings): string {
  if (status.shardsVerified === 0) return strings.summaryNone;
  return strings.summary(flops(strings, status.multiplyAddsVerified), credit(strings, status.microcredits));
}

/** So that a tab in the background tells what it does. */
export function pageTitle(
  { stage, shardsVerified, paused }: ContributorStatus,
  wanted: boolean,
  { title, locale }: Strings,
): string {
  if (stage === 'failed') return title.attention;
  if (!wanted) return 'Tilework';
  return paused ? title.paused : title.verified(counted(locale, shardsVerified));
}
