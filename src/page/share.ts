/**
 * <tilework-share>: a picture of what the visitor has computed, to save, or to share where the browser can. It is
 * drawn here; it names nobody unless the visitor ticks that. It renders into itself; you.css styles it.
 */
import './mosaic.css';
import './you.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { coloursOf } from './mosaic-glaze.ts';
import type { MosaicState } from './mosaic-state.ts';
import { saveFile } from './save-file.ts';
import { CARD_HEIGHT, CARD_WIDTH, type CardTexts, drawCard, wallOf } from './share-card.ts';
import { counted, credited, shortened } from './shown-numbers.ts';
import type { YouStrings } from './strings-you.ts';

const BRAND = 'Tilework';
const TYPE = 'image/png';

export class TileworkShare extends LitElement {
  static override properties = {
    shards: { attribute: false },
    microcredits: { attribute: false },
    mosaic: { attribute: false },
    you: { attribute: false },
    name: { attribute: false },
    address: { attribute: false },
    strings: { attribute: false },
    withName: { state: true },
    withId: { state: true },
    failed: { state: true },
  };
  /** Verified in all, and their credit. */
  declare shards: number;
  declare microcredits: bigint;
  declare mosaic: MosaicState | undefined;
  /** PeerId, or ''. */
  declare you: string;
  /** One's public name, or ''. */
  declare name: string;
  /** Where to join, such as the host's name; ''. */
  declare address: string;
  declare strings: YouStrings | undefined;
  declare withName: boolean;
  declare withId: boolean;
  declare failed: boolean;
  #left = new AbortController();

  constructor() {
    super();
    this.shards = 0;
    this.microcredits = 0n;
    this.you = '';
    this.name = '';
    this.address = '';
    this.withName = false;
    this.withId = false;
    this.failed = false;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    const { signal } = this.#left;
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', () => this.#draw(), { signal });
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#left.abort();
  }

  protected override updated(): void {
    this.#draw();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { strings, shards } = this;
    if (!strings) return nothing;
    const words = strings.share;
    const title = html`<h2 id="share-title">${words.title}</h2>`;
    if (shards === 0)
      return html`<section aria-labelledby="share-title">
        ${title}
        <p class="you-empty">${words.empty}</p>
      </section>`;
    const { brand, count, ...texts } = this.#texts(strings);
    const said = [`${brand}: ${count} ${texts.shards}`, ...Object.values(texts).slice(1)];
    const described = words.described(said.filter((text) => text !== '').join('; '));
    return html`<section aria-labelledby="share-title">
      ${title}
      <p>${words.lead}</p>
      <canvas width=${CARD_WIDTH} height=${CARD_HEIGHT} role="img" aria-label=${described}></canvas>
      <div class="you-ticks">
        ${this.name ? this.#tick('withName', words.withName) : nothing}
        ${this.you ? this.#tick('withId', words.withId) : nothing}
      </div>
      <p class="you-buttons">
        <button type="button" class="you-strong" data-testid="share-save" @click=${() => this.#save()}>
          ${words.download}
        </button>
        ${
          canShare()
            ? html`<button type="button" data-testid="share-send" @click=${() => void this.#send()}>
                ${words.share}
              </button>`
            : nothing
        }
      </p>
      <div role="status">${this.failed ? html`<p class="you-notice">${words.failed}</p>` : nothing}</div>
    </section>`;
  }

  #tick(which: 'withName' | 'withId', label: string): TemplateResult {
    return html`<label class="you-tick"
      ><input
        type="checkbox"
        .checked=${this[which]}
        data-testid=${which}
        @change=${(event: Event) => {
          this[which] = (event.target as HTMLInputElement).checked;
        }}
      /><span>${label}</span></label
    >`;
  }

  #texts({ share: words, locale }: YouStrings): CardTexts {
    return {
      brand: BRAND,
      count: counted(locale, this.shards),
      shards: words.shards(this.shards),
      credit: words.credit(credited(locale, String(this.microcredits))),
      motto: words.motto,
      name: this.withName ? this.name : '',
      id: this.withId ? shortened(this.you) : '',
      address: this.address,
    };
  }

  #draw(): void {
    const context = this.querySelector('canvas')?.getContext('2d');
    if (!context || !this.strings) return;
    const style = getComputedStyle(this);
    const read = (property: string): string => style.getPropertyValue(property).trim();
    const colours = {
      ...coloursOf(read),
      ground: read('--ground'),
      card: read('--card'),
      ink: read('--ink'),
      soft: read('--soft'),
      accent: read('--accent'),
    };
    const wall = wallOf(this.mosaic, this.you, this.shards);
    drawCard(context, this.#texts(this.strings), wall, colours, style.fontFamily, style.direction === 'rtl');
  }

  #save(): void {
    const picture = this.#picture();
    if (picture) saveFile(picture.name, picture);
  }

  async #send(): Promise<void> {
    const picture = this.#picture();
    if (!picture || !this.strings) return;
    const { share: words, rank } = this.strings;
    this.failed = false;
    try {
      await navigator.share({ files: [picture], text: words.text(rank.shards(this.shards)) });
    } catch (error) {
      // Closing the browser's sheet is an answer, and no failure.
      this.failed = !(error instanceof DOMException && error.name === 'AbortError');
    }
  }

  /**
   * At once: a browser lets a page share within some seconds of the click, and `toBlob` encodes when it has time
   * (in headless Chromium it took more than 5 s in four runs of six).
   */
  #picture(): File | undefined {
    const [, data] = this.querySelector('canvas')?.toDataURL(TYPE).split(',') ?? [];
    if (!data) return undefined;
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    return new File([bytes], `tilework-${this.shards}.png`, { type: TYPE });
  }
}

function canShare(): boolean {
  const probe = new File([], 'tilework.png', { type: TYPE });
  return navigator.canShare?.({ files: [probe] }) ?? false;
}

customElements.define('tilework-share', TileworkShare);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-share': TileworkShare;
  }
}
