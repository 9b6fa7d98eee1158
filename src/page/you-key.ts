/** The part about the visitor's key: what kind it is, a copy of it, another in its place, and the way back. */
import { html, nothing, type TemplateResult } from 'lit';
import { MAX_KEY_FILE_CHARS, readKeyFile } from '../contributor/key-file.ts';
import type { KeyView } from '../contributor/key-ring.ts';
import type { KeyStrings } from './strings-you.ts';

/** What the visitor has confirmed. */
export type KeyWish =
  | { readonly action: 'save'; readonly note: string }
  | { readonly action: 'load'; readonly text: string }
  | { readonly action: 'renew' }
  | { readonly action: 'undo' };

export interface KeysState {
  /** Undefined where this browser keeps no key. */
  readonly view: KeyView | undefined;
  readonly done?: keyof KeyStrings['done'] | undefined;
  readonly fault?: keyof KeyStrings['faults'] | undefined;
}

/** What stands between a click and the wish. */
export type KeyStep =
  | { readonly stage: 'confirm'; readonly action: 'save' | 'renew' }
  | { readonly stage: 'confirm'; readonly action: 'load'; readonly text: string; readonly peerId: string }
  | { readonly stage: 'refused'; readonly fault: keyof KeyStrings['faults'] };

export interface KeyForm {
  readonly strings: KeyStrings;
  readonly keys: KeysState;
  readonly step: KeyStep | undefined;
  readonly go: (step: KeyStep | undefined) => void;
  readonly load: (file: File) => void;
  readonly wish: (wish: KeyWish) => void;
}

/** What a chosen file comes to. Never rejects. @param present - the id in use */
export async function offerOf(file: Blob, present: string): Promise<KeyStep> {
  if (file.size > MAX_KEY_FILE_CHARS) return { stage: 'refused', fault: 'not-a-key' };
  let text: string;
  try {
    text = await file.text();
  } catch {
    return { stage: 'refused', fault: 'failed' };
  }
  const read = await readKeyFile(text);
  if (typeof read === 'string') return { stage: 'refused', fault: read };
  if (read.peerId === present) return { stage: 'refused', fault: 'same' };
  return { stage: 'confirm', action: 'load', text, peerId: read.peerId };
}

export function keyForm(form: KeyForm): TemplateResult {
  const { strings: words, keys, step } = form;
  const { view } = keys;
  const fault = step?.stage === 'refused' ? step.fault : step ? undefined : keys.fault;
  const done = step ? undefined : keys.done;
  return html`<section aria-labelledby="you-key-title">
    <h2 id="you-key-title" tabindex="-1">${words.title}</h2>
    <p>${words.lead}</p>
    ${
      view
        ? html`${view.peerId ? id(words.id, view.peerId) : nothing}
            <p>${words.kinds[view.kind]}</p>
            ${step?.stage === 'confirm' ? confirmation(form, step) : choices(form, view)}`
        : html`<p class="you-notice">${words.unavailable}</p>`
    }
    <div role="status" data-testid="key-said">
      ${fault ? html`<p class="you-notice">${words.faults[fault]}</p>` : nothing}
      ${done ? html`<p class="you-fine">${words.done[done]}</p>` : nothing}
    </div>
  </section>`;
}

const id = (label: string, peerId: string): TemplateResult =>
  html`<p class="you-id"><span>${label}</span> <code dir="ltr">${peerId}</code></p>`;

function choices({ strings: words, go, load, wish }: KeyForm, { kind, former }: KeyView): TemplateResult {
  const chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    // So that the same file can be chosen again.
    input.value = '';
    if (file) load(file);
  };
  const step = (action: 'save' | 'renew', text: string): TemplateResult =>
    html`<button
      type="button"
      data-testid=${`key-${action}`}
      @click=${() => {
        go({ stage: 'confirm', action });
      }}
    >
      ${text}
    </button>`;
  return html`<p class="you-buttons">
      ${kind === 'portable' ? step('save', words.save) : nothing}
      ${kind === 'sealed' ? step('renew', words.renew) : nothing}
      <label class="you-file"
        ><input type="file" accept=".txt,text/plain" data-testid="key-load" @change=${chosen} /><span
          >${words.load}</span
        ></label
      >
    </p>
    ${
      former
        ? html`${id(words.former, former)}
            <p class="you-buttons">
              <button
                type="button"
                data-testid="key-undo"
                @click=${() => {
                  wish({ action: 'undo' });
                }}
              >
                ${words.undo}
              </button>
            </p>`
        : nothing
    }`;
}

function confirmation(
  { strings: words, go, wish }: KeyForm,
  step: KeyStep & { readonly stage: 'confirm' },
): TemplateResult {
  const { action } = step;
  const texts = {
    save: [words.saveWarning, words.saveNow],
    renew: [words.renewWarning, words.renewNow],
    load: [words.loadWarning, words.loadNow],
  } as const;
  const [warning, label] = texts[action];
  const confirm = (): void => {
    if (step.action === 'load') wish({ action: 'load', text: step.text });
    else if (step.action === 'save') wish({ action: 'save', note: words.fileNote });
    else wish({ action: 'renew' });
  };
  return html`<div
    class="you-notice you-confirm"
    role="group"
    tabindex="-1"
    aria-labelledby="you-key-warning"
  >
    <p id="you-key-warning">${warning}</p>
    ${step.action === 'load' ? id(words.id, step.peerId) : nothing}
    <p class="you-buttons">
      <button type="button" class="you-strong" data-testid="key-confirm" @click=${confirm}>${label}</button>
      <button
        type="button"
        @click=${() => {
          go(undefined);
        }}
      >
        ${words.cancel}
      </button>
    </p>
  </div>`;
}
