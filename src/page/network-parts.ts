/** The sections of the network page: speeds, jobs, receipts. Plain data in, markup out. */
import { html, nothing, type TemplateResult } from 'lit';
import type { NetworkView, RecentReceiptView, RunningJobView } from '../core/v1.ts';
import { logEntryPath } from './log-entry.ts';
import type { NetworkPageState } from './network-watch.ts';
import { ago, counted, measured, shortened } from './shown-numbers.ts';
import type { ShownStrings } from './strings-shown.ts';

const FLOP_PER_MULTIPLY_ADD = 2;

export function speeds({ network, figures }: NetworkPageState, strings: ShownStrings): TemplateResult {
  const { network: words, locale } = strings;
  // What the events say is newer than what was asked for, while they come.
  const now = (figures.live ? figures.network : undefined) ?? network ?? figures.network;
  const figure = (label: string, value: string | undefined, name: string): TemplateResult =>
    html`<div>
      <dt>${label}</dt>
      <dd data-testid=${name}>${value ?? '–'}</dd>
    </div>`;
  const speed = (flops: number): string => measured(locale, flops, 'FLOP/s');
  return html`<section aria-labelledby="now-title" data-testid="now">
    <h2 id="now-title">${words.now}</h2>
    <dl class="figures">
      ${figure(words.contributors, now && counted(locale, now.contributorsNow), 'contributors')}
      ${figure(words.lastMinute, now && speed(now.flopsLastMinute), 'minute')}
      ${figure(words.lastHour, now && speed(now.flopsLastHour), 'hour')}
      ${figure(words.shards, network && counted(locale, network.shardsVerified), 'shards')}
      ${figure(
        words.work,
        network && measured(locale, FLOP_PER_MULTIPLY_ADD * network.multiplyAddsVerified, 'FLOP'),
        'work',
      )}
    </dl>
    <p class="fine">${words.speedNote}</p>
  </section>`;
}

export function jobs(network: NetworkView | undefined, strings: ShownStrings): TemplateResult {
  const words = strings.network;
  return html`<section aria-labelledby="jobs-title" data-testid="jobs">
    <h2 id="jobs-title">${words.jobs}</h2>
    ${
      !network
        ? html`<p class="aside">${words.loading}</p>`
        : network.jobs.length === 0
          ? html`<p class="aside">${words.noJobs}</p>`
          : html`<ul class="jobs">
              ${network.jobs.map((each) => job(each, strings))}
            </ul>`
    }
  </section>`;
}

function job(
  { project, title, cellsVerified, cellsTotal, boundShare }: RunningJobView,
  { network: words }: ShownStrings,
): TemplateResult {
  const name = title || project || words.untitled;
  return html`<li>
    <p class="job-name">
      <bdi>${name}</bdi>${title && project ? html` <small><bdi>${project}</bdi></small>` : nothing}
    </p>
    <progress
      aria-label=${words.jobProgress(name)}
      max=${Math.max(1, cellsTotal)}
      .value=${cellsVerified}
    ></progress>
    <p class="fine">
      ${words.cells(cellsVerified, cellsTotal)}${
        boundShare === null ? nothing : html` · ${words.boundShare(100 * boundShare)}`
      }
    </p>
  </li>`;
}

export function receipts(
  { network, nowMs }: NetworkPageState,
  names: ReadonlyMap<string, string>,
  base: string,
  strings: ShownStrings,
): TemplateResult {
  const words = strings.network;
  const list = network?.receipts;
  return html`<section aria-labelledby="receipts-title" data-testid="receipts">
    <h2 id="receipts-title">${words.receipts}</h2>
    ${
      !list
        ? html`<p class="aside">${words.loading}</p>`
        : list.length === 0
          ? html`<p class="aside">${words.noReceipts}</p>`
          : html`<table>
              <thead>
                <tr>
                  <th scope="col">${words.receiptWho}</th>
                  <th scope="col" class="number wide-only">${words.receiptWork}</th>
                  <th scope="col">${words.receiptWhen}</th>
                  <th scope="col" class="number">${words.receiptLog}</th>
                </tr>
              </thead>
              <tbody>
                ${list.map((each) => receipt(each, nowMs, names, base, strings))}
              </tbody>
            </table>`
    }
  </section>`;
}

function receipt(
  { contributor, multiplyAdds, verifiedMs, logIndex }: RecentReceiptView,
  nowMs: number,
  names: ReadonlyMap<string, string>,
  base: string,
  { network: words, locale }: ShownStrings,
): TemplateResult {
  const name = names.get(contributor);
  const date = new Date(verifiedMs);
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return html`<tr>
    <td>
      ${name ? html`<bdi>${name}</bdi>` : html`<code title=${contributor}>${shortened(contributor)}</code>`}
    </td>
    <td class="number wide-only">${measured(locale, FLOP_PER_MULTIPLY_ADD * multiplyAdds, 'FLOP')}</td>
    <td><time datetime=${iso}>${ago(locale, nowMs - verifiedMs) ?? words.justNow}</time></td>
    <td class="number">
      <a href=${new URL(logEntryPath(logIndex), base).href} download>${words.logEntry(logIndex)}</a>
    </td>
  </tr>`;
}
