/** The parts of the night report: figures, the line of the night, the list of pauses. Plain data in, markup out. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { lengthOf } from './journal.ts';
import { energetic, lasting, sized, spanning, timed } from './report-numbers.ts';
import { isGap, type Summary } from './report-summary.ts';
import { counted, credited, measured } from './shown-numbers.ts';
import type { ReportStrings } from './strings-report.ts';

const FLOP_PER_MULTIPLY_ADD = 2;
/** Units of the drawing that a session is wide. */
const WIDE = 1000;

/** @param dated - whether the choice of a session already says when it was */
export function headline(summary: Summary, strings: ReportStrings, dated: boolean): TemplateResult {
  const { session, present, workMs } = summary;
  const { locale } = strings;
  const state = present
    ? strings.present
    : session.end === 'failed'
      ? strings.failed
      : session.end === undefined
        ? strings.unfinished
        : undefined;
  return html`${
      dated && state === undefined
        ? nothing
        : html`<p class="report-when">
            ${dated ? nothing : spanning(locale, session.beganMs, session.seenMs)} <small>${state}</small>
          </p>`
    }
    <p class="report-big">
      <strong><bdi>${lasting(locale, workMs)}</bdi></strong> <span>${strings.atWork}</span>
    </p>
    ${lineOfNight(summary, strings)}
    <p class="report-short">${inShort(summary, strings)}</p>`;
}

function inShort({ session, pausedMs, longest }: Summary, strings: ReportStrings): string {
  const { locale, kinds } = strings;
  if (!longest) return strings.noPauses;
  const length = lasting(locale, lengthOf(longest));
  return strings.pausesInShort(session.pauses.length, lasting(locale, pausedMs), length, kinds[longest.kind]);
}

function lineOfNight({ session, workMs, pausedMs, line }: Summary, strings: ReportStrings): TemplateResult {
  const { locale, legend } = strings;
  const { spentMs, beganMs, seenMs } = session;
  const gapMs = (spentMs.suspended ?? 0) + (spentMs.closed ?? 0);
  const said = [workMs, pausedMs - gapMs, gapMs].map((ms) => lasting(locale, ms));
  const kinds = ['work', 'pause', 'gap'] as const;
  // Attributes and not styles: the page's policy forbids style that is not in a file.
  return html`<svg
      class="report-line"
      viewBox=${`0 0 ${WIDE} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label=${strings.line(said[0]!, said[1]!, said[2]!)}
    >
      ${line.map(
        ({ kind, from, length }) =>
          svg`<rect class=${kind} x=${WIDE * from} width=${WIDE * length} y="0" height="20"></rect>`,
      )}
    </svg>
    <p class="report-ends" aria-hidden="true">
      <span>${timed(locale, beganMs, seenMs)}</span>
      ${kinds.map((kind) => html`<span class="report-key"><i class=${kind}></i>${legend[kind]}</span>`)}
      <span>${timed(locale, seenMs, beganMs)}</span>
    </p>`;
}

export function figures({ session, wattHours }: Summary, strings: ReportStrings): TemplateResult {
  const { locale } = strings;
  const { totals } = session;
  const row = (label: string, value: string, note?: string): TemplateResult =>
    html`<div>
      <dt>${label}</dt>
      <dd>${value}${note ? html` <small>${note}</small>` : nothing}</dd>
    </div>`;
  const refused = totals.shardsRejected > 0 ? strings.rejected(totals.shardsRejected) : undefined;
  return html`<dl class="report-figures">
    ${row(strings.shards, counted(locale, totals.shardsVerified), refused)}
    ${row(strings.credit, credited(locale, String(totals.microcredits)))}
    ${row(strings.work, measured(locale, FLOP_PER_MULTIPLY_ADD * totals.multiplyAddsVerified, 'FLOP'))}
    ${row(strings.down, sized(locale, totals.bytesDown))} ${row(strings.up, sized(locale, totals.bytesUp))}
    ${row(strings.energy, energetic(locale, wattHours))}
  </dl>`;
}

export function remarks({ session, watts }: Summary, strings: ReportStrings): TemplateResult {
  const { locale } = strings;
  const { throttledMs, hotMs, totals } = session;
  const line = (ms: number, text: (length: string) => string): TemplateResult | typeof nothing =>
    ms >= 60_000 ? html`<p>${text(lasting(locale, ms))}</p>` : nothing;
  return html`<div class="report-remarks">
    ${line(throttledMs, strings.throttled)} ${line(hotMs, strings.hot)}
    <p>${strings.energyNote(watts, lasting(locale, totals.gpuBusyMs))}</p>
  </div>`;
}

export function pauses(
  { session, briefMs }: Summary,
  strings: ReportStrings,
): TemplateResult | typeof nothing {
  const { locale, kinds } = strings;
  const brief =
    briefMs >= 60_000
      ? html`<p class="report-brief">${strings.brief(lasting(locale, briefMs))}</p>`
      : nothing;
  if (session.pauses.length === 0) return brief;
  return html`<h3 id="report-pauses">${strings.pauses}</h3>
    <table class="report-table" aria-labelledby="report-pauses">
      <thead>
        <tr>
          <th scope="col">${strings.from}</th>
          <th scope="col" class="report-until">${strings.until}</th>
          <th scope="col">${strings.length}</th>
          <th scope="col">${strings.reason}</th>
        </tr>
      </thead>
      <tbody>
        ${session.pauses.map(
          (pause) =>
            html`<tr class=${isGap(pause.kind) ? 'gap' : 'pause'}>
              <td>${timed(locale, pause.fromMs, session.beganMs)}</td>
              <td class="report-until">${timed(locale, pause.untilMs, pause.fromMs)}</td>
              <td>${lasting(locale, lengthOf(pause))}</td>
              <td>${kinds[pause.kind]}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${brief}`;
}
