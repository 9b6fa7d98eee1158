/** The lists of thanks, and the search for one's own line. Names are what strangers chose: text, set apart by <bdi>. */
import { html, nothing, type TemplateResult } from 'lit';
import type { LeaderboardBy, LeaderboardRow, LeaderboardWindow, WorkView } from '../core/v1-figures.ts';
import type { BoardState, SearchState } from './network-watch.ts';
import { counted, credited, shortened } from './shown-numbers.ts';
import type { ShownStrings } from './strings-shown.ts';

const BYS: readonly LeaderboardBy[] = ['contributor', 'team'];
const WINDOWS: readonly LeaderboardWindow[] = ['day', 'week', 'all'];

export type ChooseBoard = (by: LeaderboardBy, window: LeaderboardWindow) => void;

export function leaderboard(
  { by, window, view, failed }: BoardState,
  you: string,
  strings: ShownStrings,
  choose: ChooseBoard,
): TemplateResult {
  const words = strings.leaderboard;
  return html`<section aria-labelledby="board-title" data-testid="board">
    <h2 id="board-title">${words.title}</h2>
    <div class="choices">
      ${choices('by', words.by, BYS, words.bys, by, (chosen) => {
        choose(chosen, window);
      })}
      ${choices('window', words.window, WINDOWS, words.windows, window, (chosen) => {
        choose(by, chosen);
      })}
    </div>
    ${failed ? html`<p class="aside" role="status">${words.failed}</p>` : nothing}
    ${
      view === undefined
        ? failed
          ? nothing
          : html`<p class="aside">${strings.network.loading}</p>`
        : view.rows.length === 0
          ? html`<p class="aside">${words.empty}</p>`
          : ranks(view.rows, by, you, strings)
    }
  </section>`;
}

/** Native radio buttons: arrow keys, names and groups are the browser's. */
function choices<T extends string>(
  name: string,
  legend: string,
  values: readonly T[],
  labels: Readonly<Record<T, string>>,
  current: T,
  choose: (value: T) => void,
): TemplateResult {
  return html`<fieldset>
    <legend class="unseen">${legend}</legend>
    ${values.map(
      (value) =>
        html`<label class="choice"
          ><input
            type="radio"
            name=${name}
            value=${value}
            .checked=${value === current}
            @change=${() => {
              choose(value);
            }}
          /><span>${labels[value]}</span></label
        >`,
    )}
  </fieldset>`;
}

function ranks(
  rows: readonly LeaderboardRow[],
  by: LeaderboardBy,
  you: string,
  strings: ShownStrings,
): TemplateResult {
  const { leaderboard: words, locale } = strings;
  return html`<table>
    <thead>
      <tr>
        <th scope="col" class="number">${words.rank}</th>
        <th scope="col">${by === 'team' ? words.team : words.who}</th>
        <th scope="col" class="number wide-only">${by === 'team' ? words.members : words.shards}</th>
        <th scope="col" class="number">${words.credit}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr class=${by === 'contributor' && row.contributor === you ? 'own' : ''}>
            <td class="number">${counted(locale, row.rank)}</td>
            <td>${by === 'team' ? html`<bdi>${row.team}</bdi>` : person(row, you, words.you)}</td>
            <td class="number wide-only">${counted(locale, by === 'team' ? row.members : row.shards)}</td>
            <td class="number">${credited(locale, row.microcredits)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function person({ contributor, name, team }: LeaderboardRow, you: string, word: string): TemplateResult {
  return html`${name ? html`<bdi>${name}</bdi> ` : nothing}<code title=${contributor}
      >${shortened(contributor)}</code
    >${contributor === you ? html` <strong>(${word})</strong>` : nothing}${
      team ? html` <small><bdi>${team}</bdi></small>` : nothing
    }`;
}

export function search(
  state: SearchState,
  strings: ShownStrings,
  lookUp: (typed: string) => void,
): TemplateResult {
  const words = strings.search;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const typed = new FormData(event.target as HTMLFormElement).get('id');
    lookUp(typeof typed === 'string' ? typed : '');
  };
  return html`<section aria-labelledby="search-title" data-testid="search">
    <h2 id="search-title">${words.title}</h2>
    <form class="search" @submit=${submit}>
      <label for="search-id">${words.label}</label>
      <input
        id="search-id"
        name="id"
        type="text"
        .value=${state.id}
        maxlength="100"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        aria-describedby="search-help search-answer"
        aria-invalid=${state.stage === 'malformed' ? 'true' : 'false'}
      />
      <button type="submit">${words.button}</button>
    </form>
    <p class="fine" id="search-help">${words.help}</p>
    <div id="search-answer" role="status">${answer(state, strings)}</div>
  </section>`;
}

function answer({ stage, found }: SearchState, strings: ShownStrings): TemplateResult | typeof nothing {
  const { search: words, leaderboard: ranking, locale } = strings;
  if (stage === 'asking') return html`<p class="aside">${words.asking}</p>`;
  if (stage === 'malformed') return html`<p class="aside">${words.malformed}</p>`;
  if (stage === 'failed') return html`<p class="aside">${words.failed}</p>`;
  if (!found) return nothing;
  if (found.shards === 0) return html`<p class="aside">${words.nothing}</p>`;
  const work = (label: string, { microcredits, shards }: WorkView): TemplateResult =>
    html`<div>
      <dt>${label}</dt>
      <dd>${words.creditOf(credited(locale, microcredits))} <small>${words.shardsOf(shards)}</small></dd>
    </div>`;
  return html`<p class="found">
      ${found.name ? html`<bdi>${found.name}</bdi>` : html`<code>${shortened(found.contributor)}</code>`}
      ${found.team ? html`<small><bdi>${found.team}</bdi></small>` : nothing}
      ${found.rank === null ? nothing : html`<strong>${words.rank(found.rank)}</strong>`}
    </p>
    <dl class="figures">
      ${work(ranking.windows.day, found.day)} ${work(ranking.windows.week, found.week)}
      ${work(words.total, found)}
    </dl>`;
}
