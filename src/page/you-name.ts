/** The form of name and team: what is allowed, what has become of it, and the way back. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { NameAnswer, PublicName } from '../contributor/api.ts';
import { MAX_NAME_CHARS, cleanName, nameFault } from '../core/names.ts';
import type { NameStrings } from './strings-you.ts';

type Field = 'name' | 'team';
/** What stands in the form and has not been saved. */
export interface NameDraft extends PublicName {
  /** The fields that were saved in vain, and why. */
  readonly faults: Readonly<Partial<Record<Field, string>>>;
}

export interface NameForm {
  readonly strings: NameStrings;
  readonly saved: PublicName;
  /** Whether anything was ever said: a name that was taken back is something, too. */
  readonly said: boolean;
  readonly answer: NameAnswer | undefined;
  readonly draft: NameDraft | undefined;
  readonly change: (draft: NameDraft) => void;
  readonly save: (name: PublicName) => void;
}

/** UTF-16 units, two for a rare character: longer texts are cut by the browser, all others told. */
const MAX_TYPED = 4 * MAX_NAME_CHARS;
const FIELDS: readonly Field[] = ['name', 'team'];

/** Typed texts as they are sent, and what is wrong with them in the words of the language. */
export function checkName(typed: PublicName, words: NameStrings): NameDraft {
  const clean = { name: cleanName(typed.name), team: cleanName(typed.team) };
  const faults: Partial<Record<Field, string>> = {};
  for (const field of FIELDS) {
    // What `cleanName` leaves can only be too long, or have stray accents.
    if (nameFault(clean[field]) === undefined) continue;
    const long = Array.from(clean[field]).length > MAX_NAME_CHARS;
    faults[field] = long ? words.tooLong(words[field], MAX_NAME_CHARS) : words.notShown(words[field]);
  }
  return { ...clean, faults };
}

export function nameForm(form: NameForm): TemplateResult {
  const { strings: words, saved, draft, change, save } = form;
  const shown = draft ?? { ...saved, faults: {} };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = checkName(shown, words);
    if (Object.keys(checked.faults).length === 0) save({ name: checked.name, team: checked.team });
    else change(checked);
  };
  const named = saved.name !== '' || saved.team !== '';
  return html`<section aria-labelledby="you-name-title">
    <h2 id="you-name-title">${words.title}</h2>
    <p>${words.lead}</p>
    <form class="you-form" novalidate @submit=${submit}>
      ${FIELDS.map((field) => input(field, shown, words, change))}
      <p class="you-fine" id="you-name-help">${words.allowed(MAX_NAME_CHARS)}</p>
      <p class="you-buttons">
        <button type="submit" class="you-strong">${words.save}</button>
        ${
          named
            ? html`<button
                type="button"
                data-testid="name-back"
                @click=${() => {
                  save({ name: '', team: '' });
                }}
              >
                ${words.takeBack}
              </button>`
            : nothing
        }
      </p>
    </form>
    <div role="status" data-testid="name-said">${said(form, named)}</div>
  </section>`;
}

function input(
  field: Field,
  shown: NameDraft,
  words: NameStrings,
  change: (draft: NameDraft) => void,
): TemplateResult {
  const fault = shown.faults[field];
  const id = `you-${field}`;
  const typed = (event: Event): void => {
    const { [field]: _, ...faults } = shown.faults;
    change({ ...shown, [field]: (event.target as HTMLInputElement).value, faults });
  };
  return html`<div class="you-field">
    <label for=${id}>${words[field]}</label>
    <input
      id=${id}
      name=${field}
      type="text"
      dir="auto"
      .value=${live(shown[field])}
      maxlength=${MAX_TYPED}
      autocomplete=${field === 'name' ? 'nickname' : 'off'}
      spellcheck="false"
      aria-describedby=${fault ? `${id}-fault you-name-help` : 'you-name-help'}
      aria-invalid=${fault ? 'true' : 'false'}
      @input=${typed}
    />
    ${fault ? html`<p class="you-fault" id=${`${id}-fault`} role="alert">${fault}</p>` : nothing}
  </div>`;
}

function said({ strings: words, said: anything, answer, draft }: NameForm, named: boolean): TemplateResult {
  if (draft) return html``;
  if (answer?.state === 'refused') {
    // The coordinator's sentences are English, whatever the language of the page.
    return html`<p class="you-notice">
      ${words.refused}${answer.text ? html` ${words.reason} <q lang="en" dir="auto">${answer.text}</q>` : nothing}
    </p>`;
  }
  if (!named) {
    const removed = answer ? words.removed : words.removing;
    return html`<p class="you-fine">${anything ? removed : words.none}</p>`;
  }
  return html`<p class="you-fine">${answer ? words[answer.state] : words.pending}</p>`;
}
