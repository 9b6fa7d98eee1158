/**
 * One list of the console: sorted by its columns' buttons, filtered by text. On a narrow screen its rows become cards
 * (operator.css), which is why it says its roles itself: browsers forget those of tables that are not laid out as such.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ColumnName, OperatorStrings, TableStrings } from './strings-operator.ts';

export interface Column<Row> {
  readonly name: ColumnName;
  readonly cell: (row: Row) => unknown;
  /** What it is sorted by; without it, it is not. */
  readonly by?: (row: Row) => number | string;
  /** Set to the right, and the largest first. */
  readonly number?: boolean;
}

export interface Sorting {
  readonly column: ColumnName;
  readonly down: boolean;
}

export interface TableOptions<Row> {
  readonly id: string;
  readonly words: TableStrings;
  readonly strings: OperatorStrings;
  readonly rows: readonly Row[];
  /** Of all there are, where some are not listed. */
  readonly total?: number;
  readonly columns: readonly Column<Row>[];
  readonly key: (row: Row) => string;
  /** What the filter looks through. */
  readonly text: (row: Row) => string;
  readonly filter: string;
  readonly sorting: Sorting | undefined;
  readonly sort: (sorting: Sorting) => void;
  /** Below the title. */
  readonly before?: unknown;
  /** After a row, over its whole width. */
  readonly below?: (row: Row) => unknown;
}

/** In their order where nothing is sorted by; equal ones stay in it. */
export function arranged<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sorting: Sorting | undefined,
  locale: string,
): readonly Row[] {
  const by = columns.find(({ name }) => name === sorting?.column)?.by;
  if (!by || !sorting) return rows;
  const { compare } = new Intl.Collator(locale, { numeric: true });
  const sign = sorting.down ? -1 : 1;
  return rows.toSorted((x, y) => {
    const [one, other] = [by(x), by(y)];
    const order =
      typeof one === 'number' && typeof other === 'number'
        ? one - other
        : compare(String(one), String(other));
    return sign * order;
  });
}

function matches(text: string, filter: string): boolean {
  return text.toLowerCase().includes(filter.trim().toLowerCase());
}

export function table<Row>(options: TableOptions<Row>): TemplateResult {
  const { id, words, strings, rows, columns, key, text, filter, sorting, before, below } = options;
  const found = rows.filter((row) => matches(text(row), filter));
  const shown = arranged(found, columns, sorting, strings.locale);
  const total = options.total ?? rows.length;
  return html`<section aria-labelledby="${id}-title" data-testid=${id}>
    <h2 id="${id}-title" tabindex="-1">${words.title} <small>${total}</small></h2>
    ${before ?? nothing}
    ${
      rows.length === 0 && filter === ''
        ? html`<p class="aside">${words.empty}</p>`
        : shown.length === 0
          ? html`<p class="aside">
              ${rows.length === 0 && total === 0 ? words.empty : strings.nothingFound}
            </p>`
          : html`<table role="table" aria-labelledby="${id}-title" class="cards">
              <thead role="rowgroup">
                <tr role="row">
                  ${columns.map((column) => heading(column, options))}
                </tr>
              </thead>
              <tbody role="rowgroup">
                ${repeat(shown, key, (row) => [
                  html`<tr role="row" data-key=${key(row)}>
                    ${columns.map(
                      ({ name, cell, number }) =>
                        html`<td
                          role="cell"
                          data-label=${strings.columns[name]}
                          class=${`${number ? 'number' : ''} at-${name}`}
                        >
                          <div>${cell(row)}</div>
                        </td>`,
                    )}
                  </tr>`,
                  wide(below?.(row), columns.length),
                ])}
              </tbody>
            </table>`
    }
    ${
      filter === '' && rows.length < total
        ? html`<p class="fine">${strings.cut(rows.length, total)}</p>`
        : nothing
    }
  </section>`;
}

function wide(content: unknown, columns: number): unknown {
  if (content === undefined || content === nothing) return nothing;
  return html`<tr role="row" class="below">
    <td role="cell" colspan=${columns}>${content}</td>
  </tr>`;
}

function heading<Row>(
  { name, by, number }: Column<Row>,
  { strings, sorting, sort }: TableOptions<Row>,
): TemplateResult {
  const label = strings.columns[name];
  const active = sorting?.column === name;
  if (!by) return html`<th role="columnheader" scope="col" class="plain">${label}</th>`;
  return html`<th
    role="columnheader"
    scope="col"
    class=${number ? 'number' : ''}
    aria-sort=${active ? (sorting.down ? 'descending' : 'ascending') : 'none'}
  >
    <button
      type="button"
      class="sort"
      title=${strings.sortBy(label)}
      @click=${() => sort({ column: name, down: active ? !sorting.down : number === true })}
    >
      ${label}<span aria-hidden="true">${active ? (sorting.down ? ' ↓' : ' ↑') : ''}</span>
    </button>
  </th>`;
}
