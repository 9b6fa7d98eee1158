/**
 * <tilework-report>: what a night came to. Plain data in (`journal`, `strings`), wishes out as events that bubble:
 *
 *   report-watts  detail: what the GPU is taken to draw     JournalKeeper.setWatts
 *   report-clear                                            JournalKeeper.clear
 *   report-undo   once more what was cleared                JournalKeeper.undo
 *
 * It renders into itself. [data-testid="report-csv"], "report-image", "report-clear", "report-undo", "report-watts".
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type Journal, WATTS } from './journal.ts';
import './report.css';
import { reportCsv } from './report-csv.ts';
import { reportImage } from './report-image.ts';
import { spanning } from './report-numbers.ts';
import { figures, headline, pauses, remarks } from './report-parts.ts';
import { type Summary, summaryOf } from './report-summary.ts';
import { saveFile } from './save-file.ts';
import type { ReportStrings } from './strings-report.ts';

export class TileworkReport extends LitElement {
  static override properties = {
    journal: { attribute: false },
    strings: { attribute: false },
    undoable: { type: Boolean },
    save: { attribute: false },
    back: { state: true },
    said: { state: true },
  };
  declare journal: Journal | undefined;
  declare strings: ReportStrings | undefined;
  /** Something was cleared that can be brought back. */
  declare undoable: boolean;
  /** Where downloads go. @default the browser's downloads */
  declare save: (name: string, blob: Blob) => void;
  /** How many sessions before the last it shows. */
  declare back: number;
  declare said: 'cleared' | 'restored' | undefined;
  #focusNext: string | undefined;

  constructor() {
    super();
    this.undoable = false;
    this.save = saveFile;
    this.back = 0;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const sessions = this.journal?.sessions.length ?? 0;
    const before = changed.get('journal') as Journal | undefined;
    // A session that has begun meanwhile does not push away the one that somebody reads.
    if (before && this.back > 0) this.back += Math.max(0, sessions - before.sessions.length);
    this.back = Math.max(0, Math.min(this.back, sessions - 1));
  }

  protected override updated(): void {
    // The button that was pressed has gone, and the focus would go with it.
    const next = this.#focusNext && this.querySelector<HTMLElement>(`[data-testid="${this.#focusNext}"]`);
    if (!next) return;
    this.#focusNext = undefined;
    next.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { journal, strings } = this;
    if (!journal || !strings) return nothing;
    const summary = summaryOf(journal, this.back);
    return html`<section class="report" aria-labelledby="report-title" data-testid="report">
      <h2 id="report-title">${strings.title}</h2>
      <p class="unseen" role="status">${this.said ? strings[this.said] : ''}</p>
      ${
        summary
          ? html`${this.#choice(journal, strings)} ${headline(summary, strings, journal.sessions.length > 1)}
            ${figures(summary, strings)} ${pauses(summary, strings)} ${remarks(summary, strings)}
            ${this.#watts(journal, strings)}`
          : html`<p class="report-empty">${strings.empty}</p>`
      }
      ${this.#buttons(summary, strings)}
    </section>`;
  }

  #choice({ sessions }: Journal, { locale, which }: ReportStrings): TemplateResult | typeof nothing {
    if (sessions.length < 2) return nothing;
    const choose = (event: Event): void => {
      this.back = Number((event.target as HTMLSelectElement).value);
    };
    return html`<p class="report-choice">
      <label for="report-which">${which}</label>
      <select id="report-which" @change=${choose}>
        ${sessions
          .toReversed()
          .map(
            ({ beganMs, seenMs }, back) =>
              html`<option value=${back} .selected=${back === this.back}>
                ${spanning(locale, beganMs, seenMs)}
              </option>`,
          )}
      </select>
    </p>`;
  }

  #watts({ watts }: Journal, strings: ReportStrings): TemplateResult {
    const [least, most] = WATTS;
    const change = (event: Event): void => {
      const input = event.target as HTMLInputElement;
      const { valueAsNumber } = input;
      if (input.validity.valid && !Number.isNaN(valueAsNumber)) this.#emit('report-watts', valueAsNumber);
      else input.value = String(watts);
    };
    return html`<p class="report-watts">
      <label for="report-watts">${strings.watts}</label>
      <input
        id="report-watts"
        type="number"
        inputmode="numeric"
        min=${least}
        max=${most}
        step="1"
        required
        .value=${String(watts)}
        aria-describedby="report-watts-help"
        data-testid="report-watts"
        @change=${change}
      />
      <small id="report-watts-help">${strings.wattsHelp}</small>
    </p>`;
  }

  #buttons(summary: Summary | undefined, strings: ReportStrings): TemplateResult | typeof nothing {
    if (!summary && !this.undoable) return nothing;
    const button = (id: string, label: string, press: () => void): TemplateResult =>
      html`<button type="button" data-testid=${id} @click=${press}>${label}</button>`;
    return html`<p class="report-buttons">
      ${
        summary
          ? html`${button('report-csv', strings.csv, () => {
              this.#saveCsv(summary, strings);
            })}
            ${button('report-image', strings.image, () => {
              void this.#saveImage(summary, strings);
            })}
            ${button('report-clear', strings.clear, () => {
              this.#ask('report-clear', 'report-undo', 'cleared');
            })}`
          : nothing
      }
      ${
        this.undoable
          ? button('report-undo', strings.undo, () => {
              this.#ask('report-undo', 'report-clear', 'restored');
            })
          : nothing
      }
    </p>`;
  }

  #saveCsv(summary: Summary, { fileName }: ReportStrings): void {
    // With a mark of its encoding, without which Excel takes it for an older one.
    const text = `\u{feff}${reportCsv(summary)}`;
    this.save(`${fileName}-${dateOf(summary)}.csv`, new Blob([text], { type: 'text/csv;charset=utf-8' }));
  }

  async #saveImage(summary: Summary, strings: ReportStrings): Promise<void> {
    const blob = await reportImage(summary, strings);
    if (blob) this.save(`${strings.fileName}-${dateOf(summary)}.png`, blob);
  }

  #ask(event: string, focusNext: string, said: 'cleared' | 'restored'): void {
    this.back = 0;
    this.said = said;
    this.#focusNext = focusNext;
    this.#emit(event);
  }

  #emit(name: string, detail?: number): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

/** Of the morning after, in UTC. */
const dateOf = ({ session }: Summary): string => new Date(session.seenMs).toISOString().slice(0, 10);

customElements.define('tilework-report', TileworkReport);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-report': TileworkReport;
  }
}
