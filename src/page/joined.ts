/**
 * <tilework-joined>: the keys that count as one with this browser's, each with a way to part them again. It shows nothing
 * where there are none, and nowhere makes a key: it is opened for one that is there. It renders into itself.
 *
 *   tilework-joined[data-state]  'asking', 'shown', 'parted', 'failed'
 *   [data-testid="joined-leave"], "joined-confirm", "joined-keep" (trusted clicks only)
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Joins } from '../contributor/joins.ts';
import type { JoinsView, JoinView } from '../core/v1-joins.ts';
import type { Language } from './language.ts';
import { shortId } from './short-id.ts';
import { joinDe, joinEn, type JoinStrings } from './strings-join.ts';

type State = 'asking' | 'shown' | 'parted' | 'failed';

export class TileworkJoined extends LitElement {
  static override properties = {
    language: { attribute: false },
    stage: { state: true },
    asked: { state: true },
    standing: { state: true },
  };
  // Declared, not initialised: a class field would hide Lit's accessors.
  declare language: Language;
  declare stage: State;
  /** Of the join that is about to end. */
  declare asked: string | undefined;
  declare standing: JoinsView | undefined;
  /** Resolves to what signs with this browser's key. */
  open: (() => Promise<Joins>) | undefined;

  constructor() {
    super();
    this.language = 'en';
    this.stage = 'asking';
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Where nobody answers, there is nothing to show; opened again, it is asked again.
    void this.#look().catch(() => {});
  }

  protected override updated(changed: ReadonlyMap<PropertyKey, unknown>): void {
    this.dataset['state'] = this.stage;
    if (!changed.has('asked')) return;
    // The button that was pressed has gone.
    this.querySelector<HTMLElement>(this.asked ? '.you-confirm' : '#joined-title')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const words = this.language === 'de' ? joinDe : joinEn;
    const { main, joined } = this.standing ?? { main: null, joined: [] };
    if (!main && joined.length === 0 && this.stage !== 'parted') return nothing;
    return html`<section aria-labelledby="joined-title">
      <h2 id="joined-title" tabindex="-1">${words.joinedTitle}</h2>
      ${main ? html`<p>${words.under}</p>` : nothing}
      <ul class="joined">
        ${main ? this.#row(main, main.main, words) : nothing}
        ${joined.map((each) => this.#row(each, each.joined, words))}
      </ul>
      <p role="status">
        ${this.stage === 'parted' ? words.parted : this.stage === 'failed' ? words.partFailed : nothing}
      </p>
    </section>`;
  }

  #row({ id, joinedMs }: JoinView, other: string, words: JoinStrings): TemplateResult {
    const since = new Date(joinedMs).toLocaleDateString(words.locale, { dateStyle: 'medium' });
    return html`<li>
      <code dir="ltr" title=${other}>${shortId(other)}</code> ${words.since(since)}
      ${
        this.asked === id
          ? html`<div
              class="you-notice you-confirm"
              role="group"
              tabindex="-1"
              aria-labelledby="joined-warning"
            >
              <p id="joined-warning">${words.leaveWarning}</p>
              <p class="you-buttons">
                <button type="button" class="you-strong" data-testid="joined-confirm" @click=${this.#leave}>
                  ${words.leaveNow}
                </button>
                <button type="button" data-testid="joined-keep" @click=${() => (this.asked = undefined)}>
                  ${words.keep}
                </button>
              </p>
            </div>`
          : html`<span class="you-buttons"
              ><button
                type="button"
                data-testid="joined-leave"
                @click=${(event: Event) => event.isTrusted && (this.asked = id)}
              >
                ${words.leave}
              </button></span
            >`
      }
    </li>`;
  }

  readonly #leave = (event: Event): void => {
    const id = this.asked;
    if (!event.isTrusted || id === undefined) return;
    this.asked = undefined;
    void this.#part(id);
  };

  async #part(id: string): Promise<void> {
    try {
      const joins = await this.open?.();
      await joins?.leave(id);
      await this.#look();
      this.stage = 'parted';
    } catch {
      this.stage = 'failed';
    }
  }

  async #look(): Promise<void> {
    const joins = await this.open?.();
    if (!joins) return;
    this.standing = await joins.standing();
    this.stage = 'shown';
  }
}

customElements.define('tilework-joined', TileworkJoined);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-joined': TileworkJoined;
  }
}
