/** What is wrong, or worth knowing, each in its own words with what to do; and the badge with its reasons. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ContributorStatus } from '../contributor/api.ts';
import { lasting } from './numbers.ts';
import { problemText, reasonSentence } from './sentences.ts';
import type { obstacle } from './settings.ts';
import type { NoticeText, Strings } from './strings.ts';
import type { VisitState } from './visit.ts';

/** What only the page can find out. */
export interface PageTroubles {
  /** Why nothing can start here, known before the click. */
  readonly obstacle: ReturnType<typeof obstacle>;
  /** What stands behind the problem, where the page has found out more. */
  readonly cause: NoticeText | undefined;
  /** How far this device's clock is from the server's. */
  readonly clockOffMs: number;
}

/** Below that nobody's schedule is wrong by anything that they would notice. */
const CLOCK_OFF_MS = 10 * 60_000;
/** A disk that takes less than this of what it may is full. */
const LEAST_DISK_BYTES = 16 * 1024 * 1024;

export function notices(
  { page, leader, lock, settings }: VisitState,
  named: readonly string[],
  { obstacle: blocked, cause, clockOffMs }: PageTroubles,
  strings: Strings,
): TemplateResult {
  const { status, wanted } = page;
  const failed = status.stage === 'failed';
  const detail = failed ? status.problem?.message : undefined;
  const { disk } = status;
  const mild = (text: NoticeText | undefined | false): TemplateResult | typeof nothing =>
    text ? notice(text, 'mild') : nothing;
  return html`${blocked ? notice(strings.notice[blocked], 'grave') : nothing}
  ${
    !blocked && status.problem
      ? notice(
          cause ?? problemText(status.problem, strings),
          failed ? 'grave' : 'mild',
          // While it still tries, its detail would only alarm.
          detail ? { label: strings.detail, text: detail } : undefined,
        )
      : nothing
  }
  ${mild(!wanted && leader ? strings.otherTab : lock === 'waiting' && strings.otherTabWaiting)}
  ${mild(wanted && overWebRtc(status) && strings.overWebRtc)}
  ${
    status.log?.problem
      ? notice(strings.log[status.log.problem], status.log.problem === 'unverifiable' ? 'mild' : 'grave')
      : nothing
  }
  ${mild(status.shardsRejected > 0 && strings.rejected(status.shardsRejected))}
  ${mild(
    wanted &&
      disk !== undefined &&
      disk.budgetBytes < Math.min(LEAST_DISK_BYTES, settings.diskBytes) &&
      strings.diskRefused,
  )}
  ${mild(
    Math.abs(clockOffMs) >= CLOCK_OFF_MS && strings.clockOff(lasting(strings.locale, Math.abs(clockOffMs))),
  )}
  ${
    named.length > 0
      ? html`<div class="notice mild" data-testid="development">
          <p><strong>${strings.development.title}.</strong> ${strings.development.advice}</p>
          ${named.map((address) => html`<p><code>${address}</code></p>`)}
        </div>`
      : nothing
  }`;
}

/** Full power, or not and why: each reason a sentence with its data. */
export function badge(
  { conduct, byHand }: Pick<VisitState, 'conduct' | 'byHand'>,
  strings: Strings,
): TemplateResult {
  const kind = byHand ? 'paused' : conduct.badge;
  const reasons = reasonsOf({ conduct, byHand }, strings);
  return html`<div
    class=${`standing ${kind}`}
    data-testid="badge"
    role="group"
    aria-label=${strings.badgeName}
  >
    <p class="badge">${strings.badge[kind]}</p>
    ${
      reasons.length > 0
        ? html`<ul class="reasons">
            ${reasons.map((reason) => html`<li>${reason}</li>`)}
          </ul>`
        : nothing
    }
  </div>`;
}

export function reasonsOf(
  { conduct, byHand }: Pick<VisitState, 'conduct' | 'byHand'>,
  strings: Strings,
): readonly string[] {
  const others = byHand && conduct.run ? [] : conduct.reasons;
  const sentences = others.map((reason) => reasonSentence(reason, strings));
  return byHand ? [strings.reason.byHand, ...sentences] : sentences;
}

/** Once it leads to the coordinator, which then says the network's name. */
const overWebRtc = ({ transport, network, problem }: ContributorStatus): boolean =>
  transport === 'webrtc-direct' && network !== undefined && !problem;

function notice(
  { title, advice }: NoticeText,
  tone: 'mild' | 'grave',
  detail?: { readonly label: string; readonly text: string },
): TemplateResult {
  return html`<div class=${`notice ${tone}`} data-testid="notice">
    <p><strong>${title}.</strong> ${advice}</p>
    ${detail ? html`<p class="fine">${detail.label} <bdi lang="en">${detail.text}</bdi></p>` : nothing}
  </div>`;
}
