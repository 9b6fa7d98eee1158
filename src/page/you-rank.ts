/** One's own line of the public lists, and who stands next to it. Names are what strangers chose: text, in <bdi>. */
import { html, nothing, type TemplateResult } from 'lit';
import type {
  ContributorFiguresView,
  LeaderboardRow,
  LeaderboardView,
  WorkView,
} from '../core/v1-figures.ts';
import { counted, credited, shortened } from './shown-numbers.ts';
import type { YouStrings } from './strings-you.ts';

const ABOVE = 2;
const BELOW = 2;

/** The rows of the list around a contributor; none if it is not in it, or alone. */
export function neighbours(
  board: LeaderboardView | undefined,
  contributor: string,
): readonly LeaderboardRow[] {
  const at = board?.rows.findIndex((row) => row.contributor === contributor) ?? -1;
  if (!board || at < 0 || board.by !== 'contributor') return [];
  const rows = board.rows.slice(Math.max(0, at - ABOVE), at + BELOW + 1);
  return rows.length > 1 ? rows : [];
}

export function rankList(
  figures: ContributorFiguresView | undefined,
  board: LeaderboardView | undefined,
  strings: YouStrings,
): TemplateResult | typeof nothing {
  if (!figures) return nothing;
  const { rank: words, locale } = strings;
  const work = (label: string, { microcredits, shards }: WorkView): TemplateResult =>
    html`<div>
      <dt>${label}</dt>
      <dd>
        <bdi>${words.credit(credited(locale, microcredits))}</bdi>
        <small><bdi>${words.shards(shards)}</bdi></small>
      </dd>
    </div>`;
  const around = neighbours(board, figures.contributor);
  return html`<section aria-labelledby="you-rank-title">
    <h2 id="you-rank-title">${words.title}</h2>
    ${
      figures.rank === null
        ? html`<p class="you-empty">${words.none}</p>`
        : html`<p class="you-rank">${words.rank(figures.rank)}</p>
            <dl class="you-figures">
              ${work(words.day, figures.day)} ${work(words.week, figures.week)} ${work(words.all, figures)}
            </dl>`
    }
    ${around.length > 0 ? table(around, figures.contributor, strings) : nothing}
  </section>`;
}

function table(
  rows: readonly LeaderboardRow[],
  you: string,
  { rank: words, locale }: YouStrings,
): TemplateResult {
  return html`<table>
    <caption>
      ${words.around}
    </caption>
    <thead>
      <tr>
        <th scope="col" class="you-number">${words.place}</th>
        <th scope="col">${words.who}</th>
        <th scope="col" class="you-number">${words.creditHead}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ rank, contributor, name, team, microcredits }) =>
          html`<tr class=${contributor === you ? 'is-you' : ''}>
            <td class="you-number">${counted(locale, rank)}</td>
            <td>
              <bdi>${name || shortened(contributor)}</bdi>${
                contributor === you ? html` <strong>(${words.you})</strong>` : nothing
              }${team ? html` <small><bdi>${team}</bdi></small>` : nothing}
            </td>
            <td class="you-number">${credited(locale, microcredits)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
