/**
 * <tilework-embed>: what a visitor sees in the frame on somebody's site. First the question, with who gains, what runs,
 * how much and for how long; then, always, what it does. Only trusted clicks count, and the first one only while the
 * whole frame can be seen (embed-guard.ts). It renders into itself; embed-style.ts is the document's style.
 *
 *   tilework-embed[data-phase]   'asking', 'starting', 'working', 'paused', 'elsewhere', 'stopping', 'stopped'
 *   tilework-embed[data-veil]    why no click counts; absent while clicks count
 *   tilework-embed[data-shards]  shards verified since the start
 *   [data-testid="start"], "stop", "finish", "close", "anyway"
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { unreachable } from '../core/errors.ts';
import { shownCode } from '../core/join-code.ts';
import { formatCredit } from '../core/units.ts';
import type { JoinCodeView } from '../core/v1-joins.ts';
import type { EmbedReason } from './embed-conduct.ts';
import { embedSettings, mayOverrule } from './embed-conduct.ts';
import type { Veil } from './embed-guard.ts';
import type { EmbedState } from './embed-run.ts';
import type { EmbedStrings } from './strings-embed.ts';

export interface EmbedActions {
  start(): void;
  stop(): void;
  finish(): void;
  close(): void;
  setAnyway(anyway: boolean): void;
  /** A code that joins this frame's key to the visitor's main one. */
  join(): Promise<JoinCodeView>;
  /** Asked anew at the click: what was drawn may be a moment old. */
  refusal(): Veil | undefined;
}

export class TileworkEmbed extends LitElement {
  static override properties = {
    state: { attribute: false },
    veil: { attribute: false },
    strings: { attribute: false },
    site: { attribute: false },
    project: { attribute: false },
    maxIntensity: { attribute: false },
    refused: { state: true },
    joinState: { state: true },
  };
  // Declared, not initialised: a class field would hide Lit's accessors.
  declare state: EmbedState | undefined;
  declare veil: Veil | undefined;
  declare strings: EmbedStrings | undefined;
  /** Origin of the page around the frame. */
  declare site: string;
  declare project: string;
  declare maxIntensity: number;
  declare refused: Veil | undefined;
  declare joinState: 'asking' | 'failed' | JoinCodeView | undefined;
  actions: EmbedActions | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override updated(): void {
    const { phase, status } = this.state ?? {};
    this.dataset['phase'] = phase ?? '';
    this.dataset['shards'] = String(status?.shardsVerified ?? 0);
    if (this.veil) this.dataset['veil'] = this.veil;
    else delete this.dataset['veil'];
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state, strings } = this;
    if (!state || !strings) return nothing;
    return html`<main class="embed">
      ${state.phase === 'asking' ? this.#question(state, strings) : this.#report(state, strings)}
    </main>`;
  }

  get #host(): string {
    return URL.canParse(this.site) ? new URL(this.site).host : this.site;
  }

  #question(state: EmbedState, strings: EmbedStrings): TemplateResult {
    const { intensity, memoryBytes } = embedSettings({ maxIntensity: this.maxIntensity, anyway: false });
    const lines = [
      `${strings.gain(this.#host)}${this.project ? ` ${strings.project(this.project)}` : ''}`,
      strings.what,
      strings.much(Math.round(100 * intensity), Math.round(memoryBytes / 2 ** 20)),
      strings.long,
      strings.never,
    ];
    return html`<h1>${strings.question(this.#host)}</h1>
      ${this.#reasons(state, strings)}
      <ul>
        ${lines.map((line) => html`<li>${line}</li>`)}
      </ul>
      ${this.#refusal(strings)}
      <div class="foot">
        ${this.#startButton(state, strings.start)} ${this.#button('close', strings.notNow)}
        <a href="./" target="_blank" rel="noopener">${strings.more}</a>
      </div>`;
  }

  #report(state: EmbedState, strings: EmbedStrings): TemplateResult {
    const { phase, status, untilMs } = state;
    const ended = phase === 'stopped';
    const live = phase === 'working' || phase === 'paused' || phase === 'elsewhere';
    const number = (value: number, digits = 0): string =>
      value.toLocaleString(strings.locale, { maximumFractionDigits: digits });
    const credits = Number(formatCredit(status.microcredits));
    const credit = number(credits, credits < 1 ? 6 : 3);
    return html`<p class=${`now ${phase}`} role="status"><i></i><span>${nowText(state, strings)}</span></p>
      <p class="count">
        <strong>${number(status.shardsVerified)}</strong>${strings.shards(status.shardsVerified)}
      </p>
      ${ended ? nothing : html`<progress max="1" value=${status.progress}></progress>`}
      <p class="fine">
        ${strings.credit(credit)}${status.rate > 0 ? html` · ${strings.speed(number((2 * status.rate) / 1e9, 1))}` : nothing}
      </p>
      ${
        // The code takes its place: there is room for one of them.
        untilMs === undefined || typeof this.joinState === 'object'
          ? nothing
          : html`<p class="fine">
              ${this.#host} ·
              ${strings.until(dayText(untilMs, strings.locale), timeText(untilMs, strings.locale))}
            </p>`
      }
      ${status.shardsVerified > 0 && phase !== 'elsewhere' ? this.#join(strings) : nothing}
      ${live || ended ? this.#reasons(state, strings) : nothing} ${ended ? this.#refusal(strings) : nothing}
      <div class="foot">
        ${
          ended
            ? html`${this.#startButton(state, strings.again)} ${this.#button('close', strings.close)}`
            : html`${this.#button('stop', strings.stop, 'main')}
              ${live && !status.finishing ? this.#button('finish', strings.finish) : nothing}`
        }
        <a href="./" target="_blank" rel="noopener">${strings.more}</a>
      </div>`;
  }

  #reasons({ reasons, anyway }: EmbedState, strings: EmbedStrings): TemplateResult | typeof nothing {
    const shown = reasons.filter(({ kind }) => kind !== 'intensity' && kind !== 'throttled');
    const asks = anyway || shown.some(mayOverrule);
    if (shown.length === 0 && !asks) return nothing;
    return html`<div class="note">
      ${shown.map((reason) => html`<p>${reasonText(reason, strings)}</p>`)}
      ${
        asks
          ? html`<label
              ><input
                type="checkbox"
                data-testid="anyway"
                .checked=${anyway}
                @click=${this.#choose}
              />${strings.anyway}</label
            >`
          : nothing
      }
    </div>`;
  }

  #join(strings: EmbedStrings): TemplateResult {
    const { joinState } = this;
    if (joinState === undefined || joinState === 'failed') {
      return html`<p class="fine">
        <button type="button" class="slight" data-testid="join" @click=${this.#askCode}>
          ${strings.join}
        </button>
        ${joinState && strings.joinFailed}
      </p>`;
    }
    if (joinState === 'asking') return html`<p class="fine">${strings.joining}</p>`;
    const code = shownCode(joinState.code);
    return html`<p class="fine">
      ${strings.joinCode(timeText(joinState.expiresMs, strings.locale))}
      <a class="code" data-testid="code" href=${`./#join=${code}`} target="_blank" rel="noopener">${code}</a>
    </p>`;
  }

  #refusal(strings: EmbedStrings): TemplateResult | typeof nothing {
    const veil = this.refused === 'soon' ? this.refused : this.refused && this.veil;
    return veil ? html`<p class="note" role="alert">${strings.veils[veil]}</p>` : nothing;
  }

  #startButton({ reasons }: EmbedState, label: string): TemplateResult {
    const held = this.veil !== undefined || reasons.some(mayOverrule);
    return html`<button
      type="button"
      class="main"
      data-testid="start"
      aria-disabled=${held ? 'true' : 'false'}
      @click=${this.#start}
    >
      ${label}
    </button>`;
  }

  #button(action: 'stop' | 'finish' | 'close', label: string, look = ''): TemplateResult {
    return html`<button
      type="button"
      class=${look}
      data-testid=${action}
      @click=${(event: Event) => event.isTrusted && this.actions?.[action]()}
    >
      ${label}
    </button>`;
  }

  readonly #start = (event: Event): void => {
    if (!event.isTrusted || !this.actions) return;
    this.refused = this.actions.refusal();
    if (this.refused === undefined) this.actions.start();
  };

  readonly #askCode = (event: Event): void => {
    if (!event.isTrusted || !this.actions) return;
    this.joinState = 'asking';
    this.actions.join().then(
      (code) => (this.joinState = code),
      () => (this.joinState = 'failed'),
    );
  };

  readonly #choose = (event: Event): void => {
    if (event.isTrusted) this.actions?.setAnyway((event.target as HTMLInputElement).checked);
  };
}

function nowText({ phase, status, reasons }: EmbedState, strings: EmbedStrings): string {
  if (phase === 'starting') return strings.starting;
  if (phase === 'stopping') return strings.stopping;
  if (phase === 'stopped' || phase === 'asking') return strings.stopped;
  if (phase === 'elsewhere') return strings.elsewhere;
  if (phase === 'paused') return reasons.length > 0 ? reasonText(reasons[0]!, strings) : strings.otherPause;
  if (status.finishing) return strings.finishing;
  if (status.stage === 'waiting') return strings.waiting;
  const before = status.stage === 'testing' || status.stage === 'connecting' || status.stage === 'stopped';
  return before ? strings.starting : strings.working(status.project);
}

function reasonText(reason: EmbedReason, strings: EmbedStrings): string {
  switch (reason.kind) {
    case 'phone':
      return strings.phone;
    case 'on-battery':
      return strings.battery;
    case 'battery-low':
      return strings.batteryLow;
    case 'metered':
      return strings.metered;
    case 'hot':
    case 'very-hot':
      return strings.hot;
    case 'unseen':
      return strings.unseen;
    case 'offline':
      return strings.offline;
    case 'quiet-hours':
    case 'data-cap':
    case 'in-use':
    case 'throttled':
    case 'intensity':
      return strings.otherPause;
    default:
      return unreachable(reason);
  }
}

const timeText = (ms: number, locale: string): string =>
  new Date(ms).toLocaleTimeString(locale, { hour: 'numeric', minute: '2-digit' });

const dayText = (ms: number, locale: string): string =>
  new Date(ms).toLocaleDateString(locale, { weekday: 'long' });

customElements.define('tilework-embed', TileworkEmbed);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-embed': TileworkEmbed;
  }
}
