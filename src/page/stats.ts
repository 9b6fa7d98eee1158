/** The numbers under the big one, and the facts under those. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ContributorStatus } from '../contributor/api.ts';
import { shared, sized } from './numbers.ts';
import { credit, flops, flopsPerSecond } from './sentences.ts';
import { shortId } from './short-id.ts';
import { counted } from './shown-numbers.ts';
import type { Strings } from './strings.ts';

export interface StatRow {
  readonly name: string;
  readonly value: string;
  readonly notes?: readonly string[];
}

/** What a status does not say. */
export interface MoreNumbers {
  /** Verified multiply-adds a second over the last hour. */
  readonly hourRate: number | undefined;
  readonly dayBytes: number;
}

/** Work in floating-point operations (two for each multiply-add), credit, speed, bytes moved. */
export function statRows(
  status: ContributorStatus,
  { hourRate, dayBytes }: MoreNumbers,
  strings: Strings,
): readonly StatRow[] {
  const { stat, locale } = strings;
  const { linkShare, bytesDown, bytesUp } = status;
  return [
    { name: stat.speedNow, value: flopsPerSecond(strings, status.rate) },
    { name: stat.speedHour, value: flopsPerSecond(strings, hourRate ?? 0) },
    { name: stat.work, value: flops(strings, status.multiplyAddsVerified) },
    {
      name: stat.credit,
      value: credit(strings, status.microcredits),
      ...(status.balanceMicrocredits > status.microcredits
        ? { notes: [stat.creditInAll(credit(strings, status.balanceMicrocredits))] }
        : {}),
    },
    { name: stat.receipts, value: counted(locale, status.receipts) },
    {
      name: stat.link,
      value: linkShare === undefined ? stat.unknown : shared(locale, linkShare),
      notes: [stat.linkNote],
    },
    {
      name: stat.data,
      value: sized(locale, bytesDown + bytesUp),
      notes: [
        stat.dataIn(sized(locale, bytesDown)),
        stat.dataOut(sized(locale, bytesUp)),
        ...(dayBytes > bytesDown + bytesUp ? [stat.dataToday(sized(locale, dayBytes))] : []),
      ],
    },
  ];
}

export function statsList(status: ContributorStatus, more: MoreNumbers, strings: Strings): TemplateResult {
  return html`<dl class="stats">
    ${statRows(status, more, strings).map(
      ({ name, value, notes }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${notes?.map((note) => html` <small>${note}</small>`)}</dd>
        </div>`,
    )}
  </dl>`;
}

/** What is known of this session; a row appears when its fact does. `why` is what the requester calls it. */
export function factsList(
  { project, adapter, kernel, network, peerId, log }: ContributorStatus,
  why: string,
  copied: boolean,
  copy: (event: Event) => void,
  { fact, button, locale }: Strings,
): TemplateResult | typeof nothing {
  const row = (name: string, value: unknown): TemplateResult =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  if (!project && !adapter && !network && !peerId) return nothing;
  return html`<dl class="facts">
    ${
      project
        ? row(
            fact.project,
            html`<bdi>${project}</bdi
              >${why && why !== project ? html` <small><bdi>${why}</bdi></small>` : nothing}`,
          )
        : nothing
    }
    ${adapter ? row(fact.gpu, kernel ? html`<bdi>${adapter}</bdi> <small><bdi>${kernel}</bdi></small>` : html`<bdi>${adapter}</bdi>`) : nothing}
    ${network ? row(fact.network, html`<bdi>${network}</bdi>`) : nothing}
    ${
      log && log.receipts > 0
        ? row(fact.log, fact.checkedOf(counted(locale, log.checked), counted(locale, log.receipts)))
        : nothing
    }
    ${
      peerId
        ? row(
            fact.you,
            html`<code title=${peerId} data-testid="peer">${shortId(peerId)}</code>
              <button class="copy" type="button" data-testid="copy" @click=${copy} aria-label=${fact.copyId}>
                ${copied ? button.copied : button.copy}
              </button>`,
          )
        : nothing
    }
  </dl>`;
}
