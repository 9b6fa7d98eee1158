/** What stands in the cells of the console's lists. Names are what strangers chose: text, set apart by <bdi>. */
import { html, nothing, type TemplateResult } from 'lit';
import type { HiddenNameView, OperatorView } from '../core/v1-operator.ts';
import { lasting } from './numbers.ts';
import type { Order } from './operator-orders.ts';
import { ago, measured, shortened } from './shown-numbers.ts';
import type { OperatorStrings } from './strings-operator.ts';

/** What every list is made with. */
export interface CellContext {
  readonly strings: OperatorStrings;
  readonly view: OperatorView;
  /** Names of those who are connected. */
  readonly names: ReadonlyMap<string, string>;
  /** Asks whether to. */
  readonly ask: (order: Order) => void;
}

export function namesIn(view: OperatorView): ReadonlyMap<string, string> {
  return new Map(view.contributors.filter(({ name }) => name).map((each) => [each.contributor, each.name]));
}

export function isHidden(view: OperatorView, kind: HiddenNameView['kind'], subject: string): boolean {
  return view.hidden.some((each) => each.kind === kind && each.subject === subject);
}

export function who({ names }: Pick<CellContext, 'names'>, contributor: string): TemplateResult {
  const name = names.get(contributor);
  return html`${name ? html`<bdi>${name}</bdi> ` : nothing}<code title=${contributor}
      >${shortened(contributor)}</code
    >`;
}

/** As a question names somebody. */
export function called(names: ReadonlyMap<string, string>, contributor: string): string {
  const name = names.get(contributor);
  return name ? `${name} (${shortened(contributor)})` : shortened(contributor);
}

export function short(id: string): TemplateResult {
  return html`<code title=${id}>${id.slice(0, 8)}</code>`;
}

export function since({ strings, view }: CellContext, ms: number): TemplateResult {
  const iso = new Date(ms).toISOString();
  const text = ago(strings.locale, view.nowMs - ms) ?? strings.justNow;
  return html`<time datetime=${iso} title=${iso}>${text}</time>`;
}

/** "8s", "3m". */
export function span({ strings }: CellContext, ms: number): string {
  return lasting(strings.locale, ms, true);
}

export function speed({ strings }: CellContext, bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '–' : measured(strings.locale, bytesPerSecond, 'B/s');
}

export function bothWays(context: CellContext, down: string, up: string): TemplateResult {
  const { strings } = context;
  return html`<span class="nowrap">${down} ${strings.down}</span>,
    <span class="nowrap">${up} ${strings.up}</span>`;
}

export function button(label: string, about: string, press: () => void): TemplateResult {
  return html`<button type="button" class="small" aria-label=${`${label}: ${about}`} @click=${press}>
    ${label}
  </button>`;
}
