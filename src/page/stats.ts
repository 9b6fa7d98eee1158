/** The numbers under the big one, and the facts under those. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ContributorStatus } from '../contributor/api.ts';
import { formatBytes, formatCredit } from '../core/units.ts';
import { flops, flopsPerSecond, linkShare, logChecked, shortId } from './texts.ts';

export interface StatRow {
  readonly name: string;
  readonly value: string;
  readonly notes?: readonly string[];
}

/** Work in floating-point operations (two for each multiply-add), credit, speed, bytes moved. */
export function statRows(status: ContributorStatus): readonly StatRow[] {
  return [
    { name: 'Verified work', value: flops(status.multiplyAddsVerified) },
    {
      name: 'Credit',
      value: formatCredit(status.microcredits),
      ...(status.balanceMicrocredits > status.microcredits
        ? { notes: [`${formatCredit(status.balanceMicrocredits)} in all`] }
        : {}),
    },
    {
      name: 'GPU speed',
      value: flopsPerSecond(status.rate),
      ...(status.linkShare === undefined ? {} : { notes: [linkShare(status.linkShare)] }),
    },
    {
      name: 'Data moved',
      value: formatBytes(status.bytesDown + status.bytesUp),
      notes: [`${formatBytes(status.bytesDown)} in`, `${formatBytes(status.bytesUp)} out`],
    },
  ];
}

export function statsList(status: ContributorStatus): TemplateResult {
  return html`<dl class="stats">
    ${statRows(status).map(
      ({ name, value, notes }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${notes?.map((note) => html` <small>${note}</small>`)}</dd>
        </div>`,
    )}
  </dl>`;
}

/** What is known of this session; a row appears when its fact does. */
export function factsList(
  { project, adapter, kernel, network, peerId, log }: ContributorStatus,
  copied: boolean,
  copy: () => void,
): TemplateResult | typeof nothing {
  const row = (name: string, value: unknown): TemplateResult =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  if (!project && !adapter && !network && !peerId) return nothing;
  return html`<dl class="facts">
    ${project ? row('For', project) : nothing}
    ${adapter ? row('GPU', kernel ? html`${adapter} <small>${kernel}</small>` : adapter) : nothing}
    ${network ? row('Network', network) : nothing}
    ${log && log.receipts > 0 ? row('Receipts in the public log', logChecked(log)) : nothing}
    ${
      peerId
        ? row(
            'You are',
            html`<code title=${peerId} data-testid="peer">${shortId(peerId)}</code>
              <button
                class="copy"
                type="button"
                data-testid="copy"
                @click=${copy}
                aria-label="Copy your contributor id"
              >
                ${copied ? 'Copied' : 'Copy'}
              </button>`,
          )
        : nothing
    }
  </dl>`;
}
