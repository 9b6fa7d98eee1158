/**
 * <tilework-join>: on the contributor's page, makes the key of a site's frame count under this browser's main key. The
 * frame's link brings the code (`#join=K7QM-2XPD`), or the visitor types it; who offers is shown, and one click accepts.
 *
 *   tilework-join[data-state]  'code', 'asking', 'found', 'joined', 'failed'
 *   [data-testid="join-code"], "join-look", "join-accept" (trusted clicks only)
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Joins } from '../contributor/joins.ts';
import { toAppError } from '../core/errors.ts';
import type { JoinOfferView } from '../core/v1-joins.ts';
import { openJoins } from './open-joins.ts';
import type { Language } from './language.ts';
import { type JoinStrings, joinDe, joinEn } from './strings-join.ts';
import { pageLanguage } from './watched-page.ts';

type State = 'code' | 'asking' | 'found' | 'joined' | 'failed';

export class TileworkJoin extends LitElement {
  static override properties = {
    language: { attribute: false },
    code: { attribute: false },
    stage: { state: true },
  };
  // Declared, not initialised: a class field would hide Lit's accessors.
  declare language: Language;
  declare code: string;
  declare stage: State;
  /** Resolves to what signs with this browser's key. */
  open: (() => Promise<Joins>) | undefined;
  #found: JoinOfferView | undefined;
  #why = '';

  constructor() {
    super();
    this.language = 'en';
    this.code = '';
    this.stage = 'code';
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override updated(): void {
    this.dataset['state'] = this.stage;
  }

  protected override render(): TemplateResult {
    const words = this.language === 'de' ? joinDe : joinEn;
    return html`<section class="panel" aria-labelledby="join-title">
      <h2 id="join-title">${words.title}</h2>
      <p>${words.what}</p>
      ${this.stage === 'joined' ? nothing : this.#form(words)}
      <p role="status">${this.#said(words)}</p>
    </section>`;
  }

  #form(words: JoinStrings): TemplateResult {
    const found = this.stage === 'found';
    return html`<p>
      <label>
        ${words.label}
        <input
          data-testid="join-code"
          size="12"
          autocomplete="off"
          spellcheck="false"
          .value=${this.code}
          ?disabled=${found || this.stage === 'asking'}
          @input=${this.#typed}
        />
      </label>
      <button
        type="button"
        class="toggle start"
        data-testid=${found ? 'join-accept' : 'join-look'}
        ?disabled=${this.stage === 'asking'}
        @click=${found ? this.#accept : this.#look}
      >
        ${found ? words.accept : words.look}
      </button>
    </p>`;
  }

  #said(words: JoinStrings): string {
    if (this.stage === 'asking') return words.asking;
    if (this.stage === 'found') return words.found(this.#found?.joined ?? '');
    if (this.stage === 'joined') return words.joined;
    return this.stage === 'failed' ? `${words.failed} ${this.#why}` : '';
  }

  readonly #typed = (event: Event): void => {
    this.code = (event.target as HTMLInputElement).value;
  };

  readonly #look = (event: Event): void => {
    if (!event.isTrusted) return;
    void this.#try('found', async (joins) => {
      this.#found = await joins.lookUp(this.code);
    });
  };

  readonly #accept = (event: Event): void => {
    const found = this.#found;
    // Two keys count as one from then on: a person's own click.
    if (!event.isTrusted || !found) return;
    void this.#try('joined', (joins) => joins.accept(found));
  };

  async #try(next: State, work: (joins: Joins) => Promise<unknown>): Promise<void> {
    this.stage = 'asking';
    try {
      if (!this.open) return;
      await work(await this.open());
      this.stage = next;
    } catch (thrown) {
      this.#why = toAppError(thrown).message;
      this.stage = 'failed';
    }
  }
}

customElements.define('tilework-join', TileworkJoin);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-join': TileworkJoin;
  }
}

/** Above the panel, with the code of the page's address; another code, another offer. */
export function showJoin(): void {
  document.querySelector('tilework-join')?.remove();
  const element = document.createElement('tilework-join');
  element.language = pageLanguage();
  element.code = decoded(location.hash.replace(/^#join=?/, ''));
  element.open = openJoins;
  // What the visitor has come for stands first.
  const page = document.querySelector('tilework-page');
  if (page) page.before(element);
  else document.body.append(element);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).slice(0, 40);
  } catch {
    return '';
  }
}
