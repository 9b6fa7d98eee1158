/**
 * <tilework-operator>: the operator's console. It renders into itself; its state comes from OperatorWatch, and what
 * somebody does goes back to it through `actions`.
 *
 *   tilework-operator[data-state]   'asking', 'checking', 'live' or 'stale'
 *   [data-testid="said"]            what is told politely
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { OperatorView } from '../core/v1-operator.ts';
import { unreachable } from '../core/errors.ts';
import { PEER_ID } from '../core/peer-id.ts';
import { type CellContext, called, namesIn } from './operator-cells.ts';
import { jobColumns, jobName, mosaicOf } from './operator-jobs.ts';
import * as lists from './operator-lists.ts';
import type { Order } from './operator-orders.ts';
import { answer, door, figures, question, smallForm } from './operator-parts.ts';
import { type Column, type Sorting, table } from './operator-table.ts';
import type { OperatorState } from './operator-watch.ts';
import type { OperatorStrings } from './strings-operator.ts';
import type { ShownStrings } from './strings-shown.ts';

export interface OperatorActions {
  readonly enter: (token: string) => void;
  readonly forget: () => void;
  readonly again: () => void;
  readonly search: (text: string) => void;
  readonly show: (job: string) => void;
  readonly order: (order: Order, reason: string) => void;
  readonly undo: () => void;
  readonly dismiss: () => void;
}

type ListName = keyof OperatorStrings['tables'];
const LISTS: readonly ListName[] = [
  'contributors',
  'leases',
  'jobs',
  'failures',
  'bans',
  'pauses',
  'hidden',
  'log',
];
/** A screen reader hears of changes no oftener. */
const SAID_MS = 10_000;

export class TileworkOperator extends LitElement {
  static override properties = {
    state: { attribute: false },
    strings: { attribute: false },
    shown: { attribute: false },
    actions: { attribute: false },
    sorting: { state: true },
    asked: { state: true },
    malformed: { state: true },
  };
  declare state: OperatorState | undefined;
  declare strings: OperatorStrings | undefined;
  /** Of the mosaic. */
  declare shown: ShownStrings | undefined;
  declare actions: OperatorActions | undefined;
  declare sorting: Readonly<Partial<Record<ListName, Sorting>>>;
  /** An order that waits for its confirmation. */
  declare asked: Order | undefined;
  declare malformed: boolean;
  #names: ReadonlyMap<string, string> = new Map();
  #said = '';
  #saidMs = -Infinity;

  constructor() {
    super();
    this.sorting = {};
    this.malformed = false;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(): void {
    const { view } = this.state ?? {};
    if (view) this.#names = namesIn(view);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.state) this.dataset['state'] = this.state.stage;
    const dialog = this.querySelector('dialog');
    if (this.asked && dialog?.open === false) dialog.showModal();
    if (!this.asked && dialog?.open === true) dialog.close();
    // What was pressed may be gone with its row: then the keyboard goes on from the answer.
    if (changed.has('state') && this.state?.done && document.activeElement === document.body)
      this.querySelector<HTMLElement>('.answer')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state, strings, actions } = this;
    if (!state || !strings || !actions) return nothing;
    return html`<h1>${strings.title}</h1>
      ${
        state.view
          ? this.#console(state.view, state, strings, actions)
          : html`<p class="lead">${strings.lead}</p>
              ${door(state, strings, actions)}`
      }`;
  }

  #console(
    view: OperatorView,
    state: OperatorState,
    strings: OperatorStrings,
    actions: OperatorActions,
  ): TemplateResult {
    const { draining } = view;
    return html`<p class="unseen" role="status" data-testid="said">${this.#say(view, strings)}</p>
      <div role="status" class="hearing">
        ${state.stage === 'stale' ? html`<p class="notice grave">${strings.lost}</p>` : nothing}
        ${draining ? html`<p class="notice">${strings.draining}</p>` : nothing}
      </div>
      ${figures(view, state, strings)}
      <div class="bar">
        <p class="field">
          <label for="filter">${strings.search.label}</label>
          <input
            id="filter"
            type="search"
            autocomplete="off"
            spellcheck="false"
            maxlength="200"
            aria-describedby="filter-help"
            .value=${state.search}
            @input=${(event: Event) => actions.search((event.target as HTMLInputElement).value)}
          />
          <span class="fine" id="filter-help">${strings.search.help}</span>
        </p>
        <p class="row">
          <button
            type="button"
            data-testid="drain"
            @click=${() => (this.asked = { action: draining ? 'undrain' : 'drain' })}
          >
            ${strings.order({ action: draining ? 'undrain' : 'drain' }, '').button}
          </button>
          <button type="button" @click=${actions.forget}>${strings.token.forget}</button>
        </p>
      </div>
      ${answer(state, (order) => this.#who(order), strings, { undo: actions.undo, close: actions.dismiss })}
      <nav aria-label=${strings.sections}>
        ${LISTS.map((name) => html`<a href="#${name}-title">${strings.tables[name].title}</a>`)}
      </nav>
      ${this.#lists(view, state, strings, actions)}
      ${question(this.asked, this.asked ? this.#who(this.asked) : '', strings, {
        confirm: actions.order,
        close: () => {
          this.asked = undefined;
        },
      })}`;
  }

  #lists(
    view: OperatorView,
    state: OperatorState,
    strings: OperatorStrings,
    actions: OperatorActions,
  ): TemplateResult {
    const ask = (order: Order): void => {
      this.asked = order;
    };
    const context: CellContext = { strings, view, names: this.#names, ask };
    const list = <Row extends object>(
      id: ListName,
      rows: readonly Row[],
      columns: readonly Column<Row>[],
      key: (row: Row) => string,
      more: { total?: number; before?: unknown; below?: (row: Row) => unknown } = {},
    ): TemplateResult =>
      table({
        id,
        words: strings.tables[id],
        strings,
        rows,
        columns,
        key,
        text: (row) => this.#text(row),
        filter: state.search,
        sorting: this.sorting[id],
        sort: (sorting) => {
          this.sorting = { ...this.sorting, [id]: sorting };
        },
        ...more,
      });
    return html`${list(
      'contributors',
      view.contributors,
      lists.contributorColumns(context, state.rates),
      (row) => row.contributor,
      { total: view.contributorsTotal },
    )}
    ${list('leases', view.leases, lists.leaseColumns(context), (row) => row.lease, {
      total: view.leasesTotal,
    })}
    ${list('jobs', view.jobs, jobColumns(context, state.job, actions.show), (row) => row.job, {
      below: (row) => mosaicOf(row, state, this.#names, this.shown!),
    })}
    ${list('failures', view.failures, lists.failureColumns(context), (row) => row.lease)}
    ${list('bans', view.bans, lists.banColumns(context), (row) => row.contributor, {
      before: smallForm({
        id: 'ban-id',
        label: strings.form.ban,
        help: this.malformed ? strings.form.malformed : strings.form.banHelp,
        wrong: this.malformed,
        press: strings.actions.ban,
        take: (typed) => {
          this.malformed = !PEER_ID.test(typed);
          if (!this.malformed) ask({ action: 'ban', contributor: typed });
          return !this.malformed;
        },
      }),
    })}
    ${list('pauses', view.pauses, lists.pauseColumns(context), (row) => row.project)}
    ${list('hidden', view.hidden, lists.hiddenColumns(context), (row) => `${row.kind} ${row.subject}`, {
      before: smallForm({
        id: 'hide-team',
        label: strings.form.hide,
        help: strings.form.hideHelp,
        press: strings.actions.hide,
        take: (typed) => {
          ask({ action: 'hide', kind: 'team', subject: typed });
          return true;
        },
      }),
    })}
    ${list('log', view.log, lists.logColumns(context), (row) => row.id)}`;
  }

  /** What the filter looks through: all texts of a row, and the name of whom it is about. */
  #text(row: object): string {
    const texts = Object.values(row).filter((value): value is string => typeof value === 'string');
    return [...texts, ...texts.map((text) => this.#names.get(text) ?? '')].join(' ');
  }

  #who(order: Order): string {
    switch (order.action) {
      case 'ban':
      case 'unban':
        return called(this.#names, order.contributor);
      case 'pause':
      case 'resume':
      case 'cancel': {
        const job =
          order.action === 'cancel' && this.state?.view?.jobs.find((each) => each.job === order.job);
        return job ? jobName(job) : order.project;
      }
      case 'hide':
      case 'show':
        return order.kind === 'team' ? order.subject : called(this.#names, order.subject);
      case 'drain':
      case 'undrain':
        return '';
      default:
        return unreachable(order);
    }
  }

  #say(view: OperatorView, strings: OperatorStrings): string {
    if (view.nowMs - this.#saidMs < SAID_MS) return this.#said;
    const running = view.jobs.filter(({ state }) => state === 'running').length;
    const said = strings.said(view.contributorsTotal, running, view.failures.length);
    if (said !== this.#said) this.#saidMs = view.nowMs;
    this.#said = said;
    return said;
  }
}

customElements.define('tilework-operator', TileworkOperator);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-operator': TileworkOperator;
  }
}
