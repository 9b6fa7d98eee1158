/**
 * <tilework-you>: the visitor's rank, public name and key. Everything in it is optional; a contributor needs none of
 * it. It renders into itself; you.css styles it. Data in, events out:
 *
 *   tilework-profile   detail PublicName: what others may read from now on; empty texts take it back
 *   tilework-key       detail KeyWish: see you-keys.ts, which answers it by setting `keys` anew
 */
import './you.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { NameAnswer, PublicName } from '../contributor/api.ts';
import type { ContributorFiguresView, LeaderboardView } from '../core/v1-figures.ts';
import type { YouStrings } from './strings-you.ts';
import { type KeyStep, type KeysState, type KeyWish, keyForm, offerOf } from './you-key.ts';
import { type NameDraft, nameForm } from './you-name.ts';
import { rankList } from './you-rank.ts';

const NO_NAME: PublicName = { name: '', team: '' };

export class TileworkYou extends LitElement {
  static override properties = {
    profile: { attribute: false },
    answer: { attribute: false },
    figures: { attribute: false },
    board: { attribute: false },
    keys: { attribute: false },
    strings: { attribute: false },
    draft: { state: true },
    step: { state: true },
  };
  /** What was said last, here or on an earlier visit; undefined if nothing ever was. */
  declare profile: PublicName | undefined;
  /** `nameAnswer` of the contributor's status. */
  declare answer: NameAnswer | undefined;
  /** One's own line, and the list of all time around it. */
  declare figures: ContributorFiguresView | undefined;
  declare board: LeaderboardView | undefined;
  /** Undefined until it has been looked at: the key's part is not shown. */
  declare keys: KeysState | undefined;
  declare strings: YouStrings | undefined;
  declare draft: NameDraft | undefined;
  declare step: KeyStep | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: ReadonlyMap<PropertyKey, unknown>): void {
    // What was asked for has been done, or has failed: either way nothing waits for a confirmation.
    if (changed.has('keys')) this.step = undefined;
  }

  protected override updated(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (!changed.has('step')) return;
    // Where the buttons changed under somebody's fingers, the focus goes on to the new ones, and back.
    if (this.step?.stage === 'confirm') this.querySelector<HTMLElement>('.you-confirm')?.focus();
    else if (changed.get('step')) this.querySelector<HTMLElement>('#you-key-title')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { strings, profile = NO_NAME } = this;
    if (!strings) return nothing;
    return html`${rankList(this.figures, this.board, strings)}
    ${nameForm({
      strings: strings.name,
      saved: profile,
      said: this.profile !== undefined,
      answer: this.answer,
      draft: this.draft,
      change: (draft) => {
        this.draft = draft;
      },
      save: (name) => {
        this.draft = undefined;
        this.profile = name;
        this.answer = undefined;
        this.#emit('tilework-profile', name);
      },
    })}
    ${
      this.keys
        ? keyForm({
            strings: strings.key,
            keys: this.keys,
            step: this.step,
            go: (step) => {
              this.step = step;
            },
            load: (file) => void this.#load(file),
            wish: (wish) => {
              this.#emit('tilework-key', wish);
            },
          })
        : nothing
    }`;
  }

  async #load(file: File): Promise<void> {
    const offer = await offerOf(file, this.keys?.view?.peerId ?? '');
    this.step = offer;
  }

  #emit(type: 'tilework-profile', detail: PublicName): void;
  #emit(type: 'tilework-key', detail: KeyWish): void;
  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}

customElements.define('tilework-you', TileworkYou);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-you': TileworkYou;
  }
  interface HTMLElementEventMap {
    'tilework-profile': CustomEvent<PublicName>;
    'tilework-key': CustomEvent<KeyWish>;
  }
}
