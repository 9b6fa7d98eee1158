/**
 * <tilework-mosaic>: the product as a wall of tiles, which light up as they are verified. It renders into itself, so
 * mosaic.css styles it. Data in, nothing out; names that others chose are text.
 *
 *   tilework-mosaic[data-state]   'empty', 'live' or 'stale'
 *   [data-testid="mosaic-said"]   what is told politely
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { type MosaicColours, coloursOf } from './mosaic-glaze.ts';
import { type MosaicLayout, layoutOf, tileAt } from './mosaic-layout.ts';
import { countsOf, looksOf, milestoneOf, ownerOf, sharesOf } from './mosaic-looks.ts';
import { type Frames, MosaicPainter } from './mosaic-painter.ts';
import { type MosaicState, cellsOf } from './mosaic-state.ts';
import { counted, shortened } from './shown-numbers.ts';
import type { ShownStrings } from './strings-shown.ts';

/** CSS pixels: the wall and what stands around it fit on a screen. */
const MAX_HEIGHT = 560;
const LISTED = 10;

const FRAMES: Frames = {
  next(callback) {
    const id = requestAnimationFrame(callback);
    return () => {
      cancelAnimationFrame(id);
    };
  },
};

export class TileworkMosaic extends LitElement {
  static override properties = {
    mosaic: { attribute: false },
    live: { attribute: false },
    you: { attribute: false },
    names: { attribute: false },
    strings: { attribute: false },
    pointed: { state: true },
  };
  declare mosaic: MosaicState | undefined;
  declare live: boolean;
  /** PeerId, or ''. */
  declare you: string;
  /** Of contributors, by their PeerIds, where they are known. */
  declare names: ReadonlyMap<string, string>;
  declare strings: ShownStrings | undefined;
  declare pointed: number | undefined;
  #painter: MosaicPainter | undefined;
  #layout: MosaicLayout | undefined;
  #colours: MosaicColours | undefined;
  /** In view; a wall that is scrolled away is not drawn. */
  #seen = true;
  #left = new AbortController();

  constructor() {
    super();
    this.live = false;
    this.you = '';
    this.names = new Map();
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    const { signal } = this.#left;
    const sized = new ResizeObserver(() => this.#draw());
    sized.observe(this);
    const seen = new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1)?.isIntersecting ?? true;
      this.#draw();
    });
    seen.observe(this);
    signal.addEventListener('abort', () => {
      sized.disconnect();
      seen.disconnect();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#repaint(), { signal });
    this.#watchRatio(signal);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#left.abort();
    this.#painter?.stop();
  }

  protected override updated(): void {
    this.dataset['state'] = this.mosaic ? (this.live ? 'live' : 'stale') : 'empty';
    this.#draw();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { mosaic, strings } = this;
    if (!strings) return nothing;
    const words = strings.mosaic;
    if (!mosaic) return html`<p class="mosaic-empty">${words.empty}</p>`;
    const counts = countsOf(mosaic, this.you);
    return html`<canvas
        role="img"
        aria-label=${words.described(counts.percent, counts.tiles, counts.yours, words.states[mosaic.state])}
        @pointermove=${this.#point}
        @pointerdown=${this.#point}
        @pointerleave=${this.#unpoint}
      ></canvas>
      <p class="unseen" role="status" data-testid="mosaic-said">
        ${words.milestone(milestoneOf(counts.percent))}
      </p>
      <p class="mosaic-caption" data-testid="mosaic-caption">
        ${this.pointed !== undefined && this.pointed < counts.tiles ? this.#tile(mosaic, this.pointed) : this.#legend(counts)}
      </p>
      ${this.live ? nothing : html`<p class="mosaic-stale">${words.stale}</p>`} ${this.#list(mosaic)}`;
  }

  #legend({ percent, tiles, yours }: ReturnType<typeof countsOf>): TemplateResult {
    const { mosaic: words, locale } = this.strings!;
    const key = (kind: string, text: string): TemplateResult =>
      html`<span class="mosaic-key"><i class=${`mosaic-swatch ${kind}`}></i>${text}</span>`;
    return html`<strong>${percent} %</strong>
      ${yours > 0 ? key('is-yours', `${counted(locale, yours)} ${words.yours}`) : nothing}
      ${key('is-laid', words.others)} ${percent < 100 ? key('is-open', words.open) : nothing}
      ${tiles > 1 ? html`<span class="mosaic-hint">${words.hint}</span>` : nothing}`;
  }

  #tile(mosaic: MosaicState, tile: number): TemplateResult {
    const { mosaic: words } = this.strings!;
    const [cells, verified] = [cellsOf(mosaic, tile), mosaic.verified[tile] ?? 0];
    const owner = ownerOf(mosaic, tile);
    const { across } = mosaic;
    return html`<strong>${words.tile(Math.floor(tile / across) + 1, (tile % across) + 1)}</strong>
      <span>${owner === undefined ? words.open : html`<bdi>${this.#name(owner)}</bdi>`}</span>
      ${cells > 1 ? html`<span>${words.part(verified, cells)}</span>` : nothing}`;
  }

  /** What the picture says by colour and place, for everybody who does not see or point. */
  #list(mosaic: MosaicState): TemplateResult | typeof nothing {
    const { mosaic: words, locale } = this.strings!;
    const shares = sharesOf(mosaic);
    if (shares.length === 0) return nothing;
    const more = shares.length - LISTED;
    return html`<details class="mosaic-list">
      <summary>${words.list}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">${words.listWho}</th>
            <th scope="col" class="number">${words.listTiles}</th>
          </tr>
        </thead>
        <tbody>
          ${shares.slice(0, LISTED).map(
            ({ contributor, tiles }) =>
              html`<tr>
                <td><bdi>${this.#name(contributor ?? '')}</bdi></td>
                <td class="number">${counted(locale, tiles)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${more > 0 ? html`<p class="fine">${words.more(more)}</p>` : nothing}
    </details>`;
  }

  #name(contributor: string): string {
    const { mosaic: words } = this.strings!;
    if (contributor === '') return words.unlisted;
    const name = this.names.get(contributor) || shortened(contributor);
    return contributor === this.you ? `${name} (${words.you})` : name;
  }

  readonly #point = ({ offsetX, offsetY }: PointerEvent): void => {
    const layout = this.#layout;
    this.pointed = layout && tileAt(layout, offsetX * layout.ratio, offsetY * layout.ratio);
  };

  readonly #unpoint = (): void => {
    this.pointed = undefined;
  };

  #draw(): void {
    const canvas = this.querySelector('canvas');
    const { mosaic } = this;
    if (!canvas || !mosaic) {
      this.#painter?.stop();
      this.#painter = undefined;
      return;
    }
    const layout = layoutOf(mosaic, this.clientWidth, MAX_HEIGHT, devicePixelRatio);
    if (!this.#seen || this.clientWidth === 0) return;
    this.#layout = layout;
    // By script, because the page's security policy allows no inline style; whole device pixels either way.
    canvas.style.width = `${layout.width / layout.ratio}px`;
    canvas.style.height = `${layout.height / layout.ratio}px`;
    const context = this.#painter ? undefined : canvas.getContext('2d');
    if (context) this.#painter = new MosaicPainter(context, FRAMES);
    const style = getComputedStyle(this);
    this.#colours ??= coloursOf((property) => style.getPropertyValue(property));
    this.#painter?.show({
      key: mosaic.job,
      looks: looksOf(mosaic, this.you),
      layout,
      colours: this.#colours,
      still: matchMedia('(prefers-reduced-motion: reduce)').matches,
    });
  }

  #repaint(): void {
    this.#colours = undefined;
    this.#draw();
  }

  /** A window on another screen, or a page that is zoomed: its pixels have another size. */
  #watchRatio(signal: AbortSignal): void {
    const media = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    const changed = (): void => {
      this.#draw();
      this.#watchRatio(signal);
    };
    media.addEventListener('change', changed, { once: true, signal });
  }
}

customElements.define('tilework-mosaic', TileworkMosaic);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-mosaic': TileworkMosaic;
  }
}
