/** The parts of the console around its lists: the door, the figures, the question before an order, and its answer. */
import { html, nothing, type TemplateResult } from 'lit';
import type { OperatorView } from '../core/v1-operator.ts';
import { lasting, shared, sized } from './numbers.ts';
import { type Order, needsReason } from './operator-orders.ts';
import type { OperatorState } from './operator-watch.ts';
import { counted, measured } from './shown-numbers.ts';
import type { OperatorStrings } from './strings-operator.ts';

export interface DoorActions {
  readonly enter: (token: string) => void;
  readonly again: () => void;
}

/** Asks for a token, and says why it asks. */
export function door(
  { stage, refusal }: OperatorState,
  strings: OperatorStrings,
  actions: DoorActions,
): TemplateResult {
  const words = strings.token;
  if (stage === 'checking') return html`<p class="aside" role="status">${words.checking}</p>`;
  const why = refusal ? html`<p class="notice grave" role="alert">${words.refused[refusal]}</p>` : nothing;
  if (refusal === 'place')
    return html`${why}
      <p><button type="button" class="main" @click=${actions.again}>${words.again}</button></p>`;
  return html`${why}
    <form
      class="search door"
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        const field = (event.target as HTMLFormElement).querySelector('input')!;
        actions.enter(field.value);
      }}
    >
      <label for="token">${words.label}</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        spellcheck="false"
        required
        maxlength="256"
        aria-describedby="token-help"
      />
      <button type="submit">${words.button}</button>
      <p class="fine" id="token-help">${words.help}</p>
    </form>`;
}

export function figures(
  view: OperatorView,
  { rates }: OperatorState,
  strings: OperatorStrings,
): TemplateResult {
  const { figures: words, locale } = strings;
  const { disk, database, verification } = view;
  const n = (count: number): string => counted(locale, count);
  const speed = (bytes: number | undefined): string =>
    bytes === undefined ? '–' : measured(locale, bytes, 'B/s');
  const figure = (name: string, label: string, value: string, more?: string): TemplateResult =>
    html`<div>
      <dt>${label}</dt>
      <dd data-testid=${`figure-${name}`}>${value}${more ? html` <small>${more}</small>` : nothing}</dd>
    </div>`;
  const running = view.jobs.filter(({ state }) => state === 'running').length;
  return html`<section aria-labelledby="now-title">
    <h2 id="now-title" class="unseen">${words.title}</h2>
    <dl class="figures">
      ${figure('contributors', words.contributors, n(view.contributorsTotal))}
      ${figure('leases', words.leases, n(view.leasesTotal))} ${figure('jobs', words.jobs, n(running))}
      ${figure('sent', words.sent, speed(rates.sent))}
      ${figure('received', words.received, speed(rates.received))}
      ${figure(
        'blocks',
        words.blocks,
        disk.blocks === null ? '–' : n(disk.blocks),
        disk.bytes === null ? words.counting : sized(locale, disk.bytes),
      )}
      ${figure('free', words.free, disk.freeBytes === null ? '–' : sized(locale, disk.freeBytes))}
      ${figure('database', words.database, `${n(Math.round(database.answerMs))} ms`, words.databases[database.kind])}
      ${figure(
        'verification',
        words.verification,
        shared(locale, verification.busy),
        words.threads(verification.threads, verification.waiting),
      )}
      ${figure('running', words.running, lasting(locale, view.nowMs - view.startedMs, true))}
    </dl>
  </section>`;
}

/** The question before an order. It is a native dialog: focus, Escape and the way back are the browser's. */
export function question(
  order: Order | undefined,
  who: string,
  strings: OperatorStrings,
  actions: { readonly confirm: (order: Order, reason: string) => void; readonly close: () => void },
): TemplateResult {
  const words = order && strings.order(order, who);
  const needed = order !== undefined && needsReason(order);
  return html`<dialog aria-labelledby="order-title" aria-describedby="order-about" @close=${actions.close}>
    ${
      order && words
        ? html`<form
            method="dialog"
            @submit=${(event: SubmitEvent) => {
              const form = event.target as HTMLFormElement;
              const { value } = event.submitter as HTMLButtonElement;
              if (value === 'yes') actions.confirm(order, form.querySelector('input')!.value.trim());
            }}
          >
            <h2 id="order-title">${words.title}</h2>
            <p id="order-about">${words.about}</p>
            <label for="order-reason">${strings.reason}</label>
            <input
              id="order-reason"
              maxlength="200"
              autocomplete="off"
              ?required=${needed}
              pattern=${needed ? '.*\\S.*' : '.*'}
              title=${needed ? strings.needed : ''}
              aria-describedby="order-help"
            />
            <p class="fine" id="order-help">
              ${needed || order.action === 'pause' ? strings.reasonTold : strings.reasonKept}
            </p>
            <p class="row">
              <button type="submit" value="yes" class="main">${words.button}</button>
              <button type="submit" value="no" formnovalidate>${strings.cancel}</button>
            </p>
          </form>`
        : nothing
    }
  </dialog>`;
}

/** What became of the last order. */
export function answer(
  { done, failed, busy }: OperatorState,
  who: (order: Order) => string,
  strings: OperatorStrings,
  actions: { readonly undo: () => void; readonly close: () => void },
): TemplateResult {
  const close = html`<button type="button" class="small" @click=${actions.close}>${strings.close}</button>`;
  return html`<div role="status" class="answer" tabindex="-1">
    ${
      done
        ? html`<p class="notice row">
            <span>${strings.order(done.order, who(done.order)).done}</span>
            ${
              done.undo
                ? html`<button type="button" class="small" ?disabled=${busy} @click=${actions.undo}>
                    ${strings.undo}
                  </button>`
                : nothing
            }
            ${close}
          </p>`
        : failed !== undefined
          ? html`<p class="notice grave row">
              <span>${strings.refusedOrder} <bdi lang="en">${failed}</bdi></span> ${close}
            </p>`
          : nothing
    }
  </div>`;
}

export interface SmallForm {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  /** What was typed cannot be taken, and `help` says so. */
  readonly wrong?: boolean;
  readonly press: string;
  /** False leaves what was typed where it is. */
  readonly take: (typed: string) => boolean;
}

/** One field above a list. */
export function smallForm({ id, label, help, wrong = false, press, take }: SmallForm): TemplateResult {
  return html`<form
    class="search small-form"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      const field = (event.target as HTMLFormElement).querySelector('input')!;
      if (take(field.value.trim())) field.value = '';
    }}
  >
    <label for=${id}>${label}</label>
    <input
      id=${id}
      required
      autocomplete="off"
      spellcheck="false"
      maxlength="200"
      aria-describedby="${id}-help"
      aria-invalid=${wrong}
    />
    <button type="submit">${press}</button>
    <p class="fine" id="${id}-help" role="status">${help}</p>
  </form>`;
}
