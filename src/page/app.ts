/**
 * <tilework-page>: the panel with the button. It renders into itself (no shadow root), so page.css
 * styles it and headless drivers reach it with plain selectors.
 *
 * Stable hooks, for tests and for `tilework contribute`:
 *   tilework-page[data-stage]         the contributor's stage (see contributor/api.ts)
 *   tilework-page[data-shards]        shards verified in this session
 *   tilework-page[data-microcredits]  credit of this session
 *   tilework-page[data-problem]       an error code, absent while all is well
 *   tilework-page[data-transport]     'websocket' or 'webrtc-direct', absent while stopped
 *   tilework-page[data-log]           what is wrong with the public log, absent while all is well
 *   tilework-page[data-badge]         what the policy says, and 'paused' by hand; absent while stopped
 *   tilework-page[data-leader]        the stage of another tab that works; absent where none does
 *   [data-testid="toggle"]            the Start/Stop button (acts on trusted clicks only, as all buttons here)
 *   [data-testid="pause"], "finish", "stop-other"
 *   [data-testid="status"]            the status sentence; "notice" any notice; "badge" the badge with its reasons
 *   details[data-section]             what is one level down; "controls" holds every setting
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { ContributorStatus } from '../contributor/api.ts';
import { systemClock } from '../core/clock.ts';
import { announcement } from './announce.ts';
import { buttons, type PressedCommand } from './buttons.ts';
import { badge, notices, reasonsOf } from './notices.ts';
import { sized } from './numbers.ts';
import type { Picture } from './picture.ts';
import { SECTIONS, type Section, type Sections } from './sections.ts';
import { statusSentence, summary } from './sentences.ts';
import { type BrowserTraits, obstacle } from './settings.ts';
import { counted } from './shown-numbers.ts';
import { hasProgress, percent, stageBar } from './stage-bar.ts';
import { factsList, statsList } from './stats.ts';
import type { NoticeText, Strings } from './strings.ts';
import { tileWall } from './tiles.ts';
import type { Visit, VisitState } from './visit.ts';

const COPIED_MS = 2_000;
const FEW_TILES = 12;

export class TileworkPage extends LitElement {
  static override properties = {
    visit: { attribute: false },
    traits: { attribute: false },
    strings: { attribute: false },
    picture: { attribute: false },
    sections: { attribute: false },
    cause: { attribute: false },
    clockOffMs: { attribute: false },
    copied: { state: true },
  };
  // Declared, not initialised: a class field would hide Lit's accessors.
  declare visit: Visit | undefined;
  declare traits: BrowserTraits | undefined;
  declare strings: Strings | undefined;
  /** The product, live; undefined until it is known. */
  declare picture: Picture | undefined;
  declare sections: Sections | undefined;
  /** Of the problem, where the page knows more than the contributor. */
  declare cause: NoticeText | undefined;
  declare clockOffMs: number;
  declare copied: boolean;
  #unsubscribe: (() => void) | undefined;
  #subscribed: Visit | undefined;

  constructor() {
    super();
    this.copied = false;
    this.clockOffMs = 0;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#subscribe(undefined);
  }

  protected override willUpdate(): void {
    if (this.isConnected) this.#subscribe(this.visit);
  }

  protected override updated(): void {
    if (!this.visit) return;
    const state = this.visit.state;
    const { status, wanted } = state.page;
    const set = (name: string, value: string | undefined | false): void => {
      if (value) this.dataset[name] = value;
      else delete this.dataset[name];
    };
    set('stage', status.stage);
    set('shards', String(status.shardsVerified));
    set('microcredits', String(status.microcredits));
    set('problem', status.problem?.code ?? this.#obstacle());
    set('transport', wanted && status.transport);
    set('log', status.log?.problem);
    set('badge', wanted && (state.byHand ? 'paused' : state.conduct.badge));
    set('leader', !wanted && state.leader?.status.stage);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { visit, strings } = this;
    if (!visit || !strings) return nothing;
    const state = visit.state;
    const { page, leader } = state;
    // Another tab's numbers, where that one works and this one does not.
    const elsewhere = page.wanted || page.stopping ? undefined : leader;
    const status = elsewhere?.status ?? page.status;
    const ranBefore = page.ranBefore || elsewhere !== undefined;
    const held = this.#held(state, elsewhere !== undefined);
    // Zeros under a problem would say nothing.
    const emptyHanded = status.stage === 'failed' && status.shardsVerified === 0;
    return html`<section class="panel" aria-label=${strings.panel}>
        <div class="top-desk">
          <div class="head">
            ${
              ranBefore && !emptyHanded
                ? this.#count(status.shardsVerified, strings)
                : html`<p class="invitation">
                    ${this.#obstacle() ? strings.now.cannotStart : ranBefore ? strings.nothingRuns : strings.invitation}
                  </p>`
            }
            ${buttons(
              state,
              { elsewhere: elsewhere !== undefined, blocked: this.#obstacle() !== undefined },
              strings,
              this.#toggle,
              this.#press,
            )}
          </div>
          ${page.wanted ? badge(state, strings) : nothing}
          ${notices(
            state,
            visit.controller.address.namedCoordinators,
            { obstacle: this.#obstacle(), cause: this.cause, clockOffMs: this.clockOffMs },
            strings,
          )}
        </div>
        <div class="picture">${this.#wall(status)}</div>
        <div class="desk">
          ${stageBar(status, visit.stageTimes, strings)}
          <p class=${`now ${status.stage}`}>
            <span data-testid="status">${held ?? statusSentence(status, ranBefore, strings)}</span>
            ${hasProgress(status.stage) && !held ? html`<span class="percent">${percent(status.progress, strings)}</span>` : nothing}
          </p>
          <p class="unseen" role="status" aria-live="polite">
            ${held ?? announcement(status, ranBefore, strings)}
            ${held === strings.now.paused && !elsewhere ? reasonsOf(state, strings).join(' ') : nothing}
          </p>
          ${ranBefore ? this.#figures(state, status, emptyHanded, strings) : this.#obstacle() ? nothing : this.#promise(state, strings)}
        </div>
      </section>
      ${this.#obstacle() ? nothing : SECTIONS.map((name) => this.#section(name, state, strings))}`;
  }

  /** What stands in place of the status: it says more about now. */
  #held(state: VisitState, elsewhere: boolean): string | undefined {
    const { now } = this.strings!;
    const { page, leader } = state;
    if (this.#obstacle()) return now.cannotStart;
    if (page.stopping) return now.stopping;
    if (elsewhere) return leader?.status.paused ? now.paused : undefined;
    if (!page.wanted || page.status.stage === 'connecting') return undefined;
    if (page.status.finishing) return now.finishing;
    if (!page.status.paused && !state.byHand && state.conduct.run) return undefined;
    return now.paused;
  }

  #wall(status: ContributorStatus): TemplateResult {
    const { picture } = this;
    if (!picture?.mosaic) return tileWall(status);
    const { down, across } = picture.mosaic;
    // A product of a few tiles is no picture yet.
    return html`${down * across < FEW_TILES ? tileWall(status) : nothing}<tilework-mosaic
        .mosaic=${picture.mosaic}
        .live=${picture.live}
        .you=${status.peerId ?? ''}
        .names=${picture.names}
        .strings=${picture.strings}
      ></tilework-mosaic>`;
  }

  #count(shards: number, strings: Strings): TemplateResult {
    return html`<p class="count">
      ${keyed(shards, html`<strong class=${shards > 0 ? 'fresh' : ''}>${counted(strings.locale, shards)}</strong>`)}
      <span>${strings.shardsVerified(shards)}</span>
    </p>`;
  }

  #promise({ settings }: VisitState, strings: Strings): TemplateResult {
    const { memoryBytes, diskBytes } = settings;
    const disk = diskBytes > 0 ? sized(strings.locale, diskBytes) : undefined;
    return html`<ul class="promise">
      ${strings.promise(sized(strings.locale, memoryBytes), disk).map((line) => html`<li>${line}</li>`)}
    </ul>`;
  }

  #figures(
    { dayBytes }: VisitState,
    status: ContributorStatus,
    emptyHanded: boolean,
    strings: Strings,
  ): TemplateResult {
    const more = { hourRate: this.visit?.hourRate, dayBytes };
    const why = this.picture?.about(status.project) ?? '';
    return html`${status.stage === 'stopped' ? html`<p class="summary">${summary(status, strings)}</p>` : nothing}
    ${emptyHanded ? nothing : statsList(status, more, strings)}
    ${factsList(status, why, this.copied, this.#copy, strings)}`;
  }

  #section(name: Section, state: VisitState, strings: Strings): TemplateResult {
    return html`<details
      data-section=${name}
      @toggle=${(event: Event) => this.sections?.toggled(name, (event.target as HTMLDetailsElement).open)}
    >
      <summary>${strings.section[name]}</summary>
      <div class="section">
        ${this.sections?.body(name, state) ?? html`<p class="fine">${strings.loading}</p>`}
      </div>
    </details>`;
  }

  readonly #toggle = (event: Event): void => {
    // Only a person's own click may use their GPU: scripts of the page cannot press this button.
    const { visit } = this;
    if (!event.isTrusted || !visit || this.#obstacle()) return;
    const { page, leader, lock } = visit.state;
    if (page.stopping) return;
    if (page.wanted) visit.press('stop');
    else void (leader || lock === 'waiting' ? visit.takeOver() : visit.start());
  };

  readonly #press = (command: PressedCommand): void => {
    this.visit?.press(command);
  };

  readonly #copy = (): void => {
    const { page, leader } = this.visit!.state;
    const { peerId = leader?.status.peerId } = page.status;
    if (peerId) void this.#copyText(peerId);
  };

  async #copyText(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.copied = true;
      systemClock.after(COPIED_MS, () => {
        this.copied = false;
      });
    } catch {
      // Refused by the browser: select it, so that the visitor can copy it by hand.
      const shown = this.querySelector('[data-testid="peer"]');
      if (!shown) return;
      shown.textContent = text;
      getSelection()?.selectAllChildren(shown);
    }
  }

  #obstacle(): ReturnType<typeof obstacle> {
    return this.traits && obstacle(this.traits);
  }

  #subscribe(visit: Visit | undefined): void {
    if (visit === this.#subscribed) return;
    this.#unsubscribe?.();
    this.#subscribed = visit;
    this.#unsubscribe = visit?.onChange(() => {
      this.requestUpdate();
    });
  }
}

customElements.define('tilework-page', TileworkPage);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-page': TileworkPage;
  }
}
