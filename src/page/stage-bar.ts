/** Seven short bars, one for each stage; the current one is marked and fills with the shard's progress. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ContributorStatus, Stage } from '../contributor/api.ts';
import { lasting, shared } from './numbers.ts';
import type { StageTimes } from './stage-times.ts';
import type { Step, Strings } from './strings.ts';

export const STEPS: readonly Step[] = [
  'testing',
  'connecting',
  'waiting',
  'downloading',
  'computing',
  'uploading',
  'verified',
];

export type Mark = 'done' | 'current' | 'ahead';

/** A step's mark, and how much of its bar is filled (0…1). Nothing is marked while nothing runs. */
export function markOf(step: Step, stage: Stage, progress: number): { mark: Mark; filled: number } {
  if (stage === 'stopped' || stage === 'failed') return { mark: 'ahead', filled: 0 };
  const distance = STEPS.indexOf(step) - STEPS.indexOf(stage);
  if (distance < 0) return { mark: 'done', filled: 1 };
  if (distance > 0) return { mark: 'ahead', filled: 0 };
  return { mark: 'current', filled: hasProgress(stage) ? Math.min(1, Math.max(0, progress)) : 1 };
}

export function hasProgress(stage: Stage): boolean {
  return stage === 'downloading' || stage === 'computing' || stage === 'uploading';
}

export const percent = (progress: number, { locale }: Strings): string => shared(locale, progress);

/** The fill is an SVG attribute: the page's security policy allows no inline style. */
export function stageBar(
  { stage, progress }: ContributorStatus,
  times: Pick<StageTimes, 'expectedMs'>,
  strings: Strings,
): TemplateResult {
  const { stages, stage: labels, about, locale } = strings;
  return html`<ol class="stages" aria-label=${stages}>
    ${STEPS.map((step) => {
      const { mark, filled } = markOf(step, stage, progress);
      const ms = times.expectedMs(step);
      return html`<li class=${`stage ${mark}`} aria-current=${mark === 'current' ? 'step' : 'false'}>
        <svg class="track" width="100%" height="6" aria-hidden="true">
          <rect class="fill" width=${`${(100 * filled).toFixed(1)}%`} height="100%"></rect>
        </svg>
        <span class="stage-label">${labels[step]}</span>
        ${
          ms === undefined
            ? nothing
            : html`<span class="stage-time"
                ><span class="unseen">${about(lasting(locale, Math.max(1000, ms)))}</span
                ><span aria-hidden="true">${lasting(locale, Math.max(1000, ms), true)}</span></span
              >`
        }
      </li>`;
    })}
  </ol>`;
}
