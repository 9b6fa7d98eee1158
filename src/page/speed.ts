/**
 * <tilework-speed>: how fast this browser computed over the last hour and day, as a curve, and as a table for
 * everybody who does not see or point. It renders into itself; you.css styles it. Data in, nothing out.
 *
 *   tilework-speed[data-state]   'empty', 'resting' (nothing in the period that is shown) or 'shown'
 *   [data-plot]                  'drawn' once the curve is there, 'failed' where it cannot be drawn
 */
import './you.css';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { counted, measured } from './shown-numbers.ts';
import { type SpeedBin, type SpeedHistory, binsOf, NO_HISTORY, summaryOf } from './speed-history.ts';
import type { SpeedStrings, YouStrings } from './strings-you.ts';

type Span = 'hour' | 'day';
/** Minutes: of all that is shown, of a point of the curve, of a row of the table. */
const SPANS = {
  hour: { minutes: 60, point: 1, row: 5 },
  day: { minutes: 24 * 60, point: 5, row: 60 },
} as const;
const HEIGHT = 220;

export class TileworkSpeed extends LitElement {
  static override properties = {
    history: { attribute: false },
    now: { attribute: false },
    strings: { attribute: false },
    span: { state: true },
    pointed: { state: true },
  };
  declare history: SpeedHistory;
  /** By which clock the history was recorded, ms since the epoch: a new one every minute moves the curve on. */
  declare now: number;
  declare strings: YouStrings | undefined;
  declare span: Span;
  declare pointed: number | undefined;
  #bins: readonly SpeedBin[] = [];
  /** What the curve on show was drawn from. */
  #drawn: readonly unknown[] = [];
  #erase: () => void = () => {};
  #left = new AbortController();

  constructor() {
    super();
    this.history = NO_HISTORY;
    this.now = 0;
    this.span = 'hour';
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#left = new AbortController();
    const { signal } = this.#left;
    const sized = new ResizeObserver(() => void this.#draw());
    sized.observe(this);
    signal.addEventListener('abort', () => sized.disconnect());
    const again = (): void => void this.#draw();
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)'])
      matchMedia(query).addEventListener('change', again, { signal });
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#left.abort();
    this.#erase();
    this.#drawn = [];
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('history') && !changed.has('now') && !changed.has('span')) return;
    const { minutes, point } = SPANS[this.span];
    this.#bins = binsOf(this.history, this.now, minutes, point);
  }

  protected override updated(): void {
    void this.#draw();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { strings, history, now, span } = this;
    if (!strings) return nothing;
    const words = strings.speed;
    const { minutes, row } = SPANS[span];
    const day = summaryOf(history, now, SPANS.day.minutes);
    const shown = summaryOf(history, now, minutes);
    this.dataset['state'] = day.worked === 0 ? 'empty' : shown.worked === 0 ? 'resting' : 'shown';
    const title = html`<h2 id="speed-title">${words.title}</h2>`;
    if (day.worked === 0)
      return html`<section aria-labelledby="speed-title">
        ${title}
        <p class="you-empty">${words.empty}</p>
      </section>`;
    const speed = (flops: number | undefined): string =>
      flops === undefined ? '–' : measured(strings.locale, flops, 'FLOP/s');
    const worked = words.minutes(shown.worked);
    return html`<section aria-labelledby="speed-title">
      ${title} ${this.#choices(words)}
      <dl class="you-figures">
        <div>
          <dt>${words.mean}</dt>
          <dd><bdi>${speed(shown.mean)}</bdi></dd>
        </div>
        <div>
          <dt>${words.best}</dt>
          <dd><bdi>${speed(shown.best)}</bdi></dd>
        </div>
        <div>
          <dt>${words.worked}</dt>
          <dd><bdi>${worked}</bdi></dd>
        </div>
      </dl>
      ${
        shown.worked === 0
          ? html`<p class="you-empty">${words.emptySpan}</p>`
          : html`<div
                class="speed-plot"
                role="img"
                dir="ltr"
                aria-label=${words.described(words.spans[span], speed(shown.mean), speed(shown.best), worked)}
              ></div>
              <p class="speed-caption">${this.#caption(words)}</p>
              <details class="you-more">
                <summary>${words.table}</summary>
                ${this.#table(words, binsOf(history, now, minutes, row), speed)}
              </details>`
      }
    </section>`;
  }

  /** Native radio buttons: arrow keys, names and groups are the browser's. */
  #choices(words: SpeedStrings): TemplateResult {
    return html`<fieldset class="you-pills">
      <legend class="unseen">${words.span}</legend>
      ${(['hour', 'day'] as const).map(
        (span) =>
          html`<label
            ><input
              type="radio"
              name="speed-span"
              value=${span}
              .checked=${span === this.span}
              @change=${() => {
                this.span = span;
                this.pointed = undefined;
              }}
            /><span>${words.spans[span]}</span></label
          >`,
      )}
    </fieldset>`;
  }

  #caption(words: SpeedStrings): TemplateResult | string {
    const bin = this.pointed === undefined ? undefined : this.#bins[this.pointed];
    if (!bin) return words.note;
    const speed = bin.mean === undefined ? words.rest : measured(this.strings!.locale, bin.mean, 'FLOP/s');
    return html`<strong>${this.#clock(bin.fromMs)}</strong> ${speed}`;
  }

  #table(
    words: SpeedStrings,
    rows: readonly SpeedBin[],
    speed: (flops: number | undefined) => string,
  ): TemplateResult {
    const unit = new Intl.NumberFormat(this.strings!.locale, { style: 'unit', unit: 'minute' });
    return html`<table>
      <caption class="unseen">
        ${words.title}
      </caption>
      <thead>
        <tr>
          <th scope="col">${words.from}</th>
          <th scope="col" class="you-number">${words.mean}</th>
          <th scope="col" class="you-number">${words.best}</th>
          <th scope="col" class="you-number">${words.worked}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ fromMs, mean, best, worked }) =>
            html`<tr>
              <th scope="row">${this.#clock(fromMs)}</th>
              <td class="you-number">${worked === 0 ? words.rest : speed(mean)}</td>
              <td class="you-number">${speed(best)}</td>
              <td class="you-number">
                ${worked === 0 ? counted(this.strings!.locale, 0) : unit.format(worked)}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  #clock(ms: number): string {
    return new Intl.DateTimeFormat(this.strings!.locale, { timeStyle: 'short' }).format(ms);
  }

  async #draw(): Promise<void> {
    const { signal } = this.#left;
    const target = this.querySelector<HTMLElement>('.speed-plot');
    if (!target || this.clientWidth === 0) {
      this.#erase();
      this.#erase = () => {};
      this.#drawn = [];
      return;
    }
    const style = getComputedStyle(this);
    const read = (property: string): string => style.getPropertyValue(property).trim();
    const look = {
      line: read('--speed-line'),
      fill: read('--speed-fill'),
      grid: read('--line'),
      text: read('--soft'),
      font: `12px ${style.fontFamily}`,
    };
    const width = target.clientWidth;
    const wanted = [target, this.#bins, this.strings, width, ...Object.values(look)];
    if (wanted.every((part, i) => part === this.#drawn[i])) return;
    this.#drawn = wanted;
    try {
      const { plotSpeed } = await import('./speed-plot.ts');
      // Another drawing was asked for meanwhile, or the element has gone.
      if (this.#drawn !== wanted || signal.aborted) return;
      this.#erase();
      const locale = this.strings!.locale;
      const onPoint = (bin: number | undefined): void => {
        this.pointed = bin;
      };
      this.#erase = plotSpeed(target, { bins: this.#bins, locale, look, width, height: HEIGHT, onPoint });
      target.dataset['plot'] = 'drawn';
    } catch {
      target.dataset['plot'] = 'failed';
      target.textContent = this.strings!.speed.failed;
    }
  }
}

customElements.define('tilework-speed', TileworkSpeed);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-speed': TileworkSpeed;
  }
}
