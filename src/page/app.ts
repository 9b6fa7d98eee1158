/**
 * <tilework-page>: the panel with the button. It renders into itself (no shadow root), so page.css
 * styles it and headless drivers reach it with plain selectors.
 *
 * Stable hooks, for tests and for `tilework contribute`:
 *   tilework-page[data-stage]         the contributor's stage (see contributor/api.ts)
 *   tilework-page[data-shards]        shards verified in this session
 *   tilework-page[data-microcredits]  credit of this session
 *   tilework-page[data-problem]       an error code, absent while all is well
 *   tilework-page[data-transport]    'websocket' or 'webrtc-direct', absent while stopped
 *   tilework-page[data-log]           what is wrong with the public log, absent while all is well
 *   [data-testid="toggle"]            the Start/Stop button (acts on trusted clicks only)
 *   [data-testid="intensity"]         the slider of the share of time that the GPU works (same clicks only)
 *   [data-testid="disk"]              the slider of the disk budget, [data-testid="disk-clear"] (same clicks only)
 *   [data-testid="status"]            the status sentence; [data-testid="notice"] any notice
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { ContributorStatus, LogProblem } from '../contributor/api.ts';
import { systemClock } from '../core/clock.ts';
import { announcement } from './announce.ts';
import type { PageController, PageState } from './controller.ts';
import { diskControl } from './disk.ts';
import { intensitySlider } from './intensity.ts';
import type { BrowserTraits } from './settings.ts';
import { obstacle } from './settings.ts';
import { hasProgress, percent, stageBar } from './stage-bar.ts';
import { factsList, statsList } from './stats.ts';
import type { NoticeText } from './texts.ts';
import {
  BUTTON,
  CANNOT_START,
  INSECURE,
  INVITATION,
  invitation,
  logProblemText,
  NOTHING_RUNS,
  OVER_WEBRTC,
  problemText,
  rejectedNotice,
  shardsLabel,
  STOPPING,
  statusSentence,
  summary,
} from './texts.ts';
import { tileWall } from './tiles.ts';

const COPIED_MS = 2_000;

export class TileworkPage extends LitElement {
  static override properties = {
    controller: { attribute: false },
    traits: { attribute: false },
    copied: { state: true },
  };
  // Declared, not initialised: a class field would hide Lit's accessors.
  declare controller: PageController | undefined;
  declare traits: BrowserTraits | undefined;
  declare copied: boolean;
  #unsubscribe: (() => void) | undefined;
  #subscribed: PageController | undefined;

  constructor() {
    super();
    this.copied = false;
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
    if (this.isConnected) this.#subscribe(this.controller);
  }

  protected override updated(): void {
    const status = this.controller?.state.status;
    if (!status) return;
    this.dataset['stage'] = status.stage;
    this.dataset['shards'] = String(status.shardsVerified);
    this.dataset['microcredits'] = String(status.microcredits);
    const problem = status.problem?.code ?? this.#obstacle();
    if (problem) this.dataset['problem'] = problem;
    else delete this.dataset['problem'];
    if (status.transport && this.controller?.state.wanted) this.dataset['transport'] = status.transport;
    else delete this.dataset['transport'];
    if (status.log?.problem) this.dataset['log'] = status.log.problem;
    else delete this.dataset['log'];
  }

  protected override render(): TemplateResult | typeof nothing {
    const { controller } = this;
    if (!controller) return nothing;
    const { state, settings } = controller;
    const { status, ranBefore } = state;
    const held = this.#obstacle() ? CANNOT_START : state.stopping ? STOPPING : undefined;
    // Zeros under a problem would say nothing.
    const emptyHanded = status.stage === 'failed' && status.shardsVerified === 0;
    return html`<section class="panel" aria-label="Contribute">
      ${tileWall(status)}
      <div class="head">
        ${
          ranBefore && !emptyHanded
            ? this.#count(status.shardsVerified)
            : html`<p class="invitation">${ranBefore ? NOTHING_RUNS : INVITATION}</p>`
        }
        ${this.#button(state)}
      </div>
      ${stageBar(status)}
      <p class=${`now ${status.stage}`}>
        <span data-testid="status">${held ?? statusSentence(status, ranBefore)}</span>
        ${hasProgress(status.stage) && !held ? html`<span class="percent">${percent(status.progress)}</span>` : nothing}
      </p>
      <p class="unseen" role="status" aria-live="polite">${held ?? announcement(status, ranBefore)}</p>
      ${this.#notices(state)}
      ${this.#obstacle() ? nothing : html`${intensitySlider(state.intensity, this.#choose)} ${this.#disk(state)}`}
      ${
        ranBefore
          ? html`${status.stage === 'stopped' ? html`<p class="summary">${summary(status)}</p>` : nothing}
            ${emptyHanded ? nothing : statsList(status)} ${factsList(status, this.copied, this.#copy)}`
          : html`<ul class="promise">
              ${invitation(settings.memoryBytes, state.diskBytes).map((line) => html`<li>${line}</li>`)}
            </ul>`
      }
    </section>`;
  }

  #count(shards: number): TemplateResult {
    return html`<p class="count">
      ${keyed(shards, html`<strong class=${shards > 0 ? 'fresh' : ''}>${shards.toLocaleString('en')}</strong>`)}
      <span>${shardsLabel(shards)}</span>
    </p>`;
  }

  #button({ status, wanted, stopping, ranBefore }: PageState): TemplateResult {
    const blocked = this.#obstacle() !== undefined;
    const label = stopping
      ? BUTTON.stopping
      : wanted
        ? BUTTON.stop
        : status.stage === 'failed'
          ? BUTTON.retry
          : ranBefore
            ? BUTTON.again
            : BUTTON.start;
    return html`<button
      class=${`toggle ${wanted || stopping ? 'stop' : 'start'}`}
      type="button"
      data-testid="toggle"
      aria-disabled=${blocked || stopping ? 'true' : 'false'}
      @click=${this.#toggle}
    >
      ${label}
    </button>`;
  }

  #notices({ status, wanted }: PageState): TemplateResult {
    const named = this.controller?.settings.namedCoordinators ?? [];
    const blocked = this.#obstacle();
    const failed = status.stage === 'failed';
    const problem =
      blocked === 'insecure'
        ? INSECURE
        : blocked
          ? problemText({ code: blocked, message: '' })
          : status.problem && problemText(status.problem);
    // A failed status is the problem's title already; while it still tries, its detail would only alarm.
    return html`${
      problem
        ? notice(problem, blocked || failed ? 'grave' : 'mild', { title: !failed, detail: failed })
        : nothing
    }
    ${wanted && overWebRtc(status) ? notice(OVER_WEBRTC, 'mild', { title: true, detail: false }) : nothing}
    ${status.log?.problem ? this.#logNotice(status.log.problem) : nothing}
    ${status.shardsRejected > 0 ? notice(rejectedNotice(status.shardsRejected), 'mild', { title: true, detail: false }) : nothing}
    ${
      named.length > 0
        ? html`<div class="notice mild" data-testid="development">
            <p>
              <strong>Development address.</strong> The link that opened this page chose the coordinator, not
              this site:
            </p>
            ${named.map((address) => html`<p><code>${address}</code></p>`)}
          </div>`
        : nothing
    }`;
  }

  #logNotice(problem: LogProblem): TemplateResult {
    const tone = problem === 'unverifiable' ? 'mild' : 'grave';
    return notice(logProblemText(problem), tone, { title: true, detail: false });
  }

  readonly #toggle = (event: Event): void => {
    // Only a person's own click may use their GPU: scripts of the page cannot press this button.
    const { controller } = this;
    if (!event.isTrusted || !controller || this.#obstacle()) return;
    void (controller.state.wanted ? controller.stop() : controller.start());
  };

  readonly #choose = (share: number): void => {
    this.controller?.setIntensity(share);
  };

  #disk({ diskBytes: budgetBytes, diskUsedBytes: usedBytes }: PageState): TemplateResult {
    return diskControl({
      budgetBytes,
      usedBytes,
      choose: (bytes) => this.controller?.setDiskBudget(bytes),
      clear: () => void this.controller?.clearDisk(),
    });
  }

  readonly #copy = (): void => {
    const peerId = this.controller?.state.status.peerId;
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

  #subscribe(controller: PageController | undefined): void {
    if (controller === this.#subscribed) return;
    this.#unsubscribe?.();
    this.#subscribed = controller;
    this.#unsubscribe = controller?.onChange(() => {
      this.requestUpdate();
    });
  }
}

/** Once it leads to the coordinator, which then says the network's name. */
const overWebRtc = ({ transport, network, problem }: ContributorStatus): boolean =>
  transport === 'webrtc-direct' && network !== undefined && !problem;

function notice(
  { title, advice, detail }: NoticeText,
  tone: 'mild' | 'grave',
  show: { readonly title: boolean; readonly detail: boolean },
): TemplateResult {
  return html`<div class=${`notice ${tone}`} data-testid="notice">
    <p>${show.title ? html`<strong>${title}.</strong> ` : nothing}${advice}</p>
    ${show.detail && detail ? html`<p class="fine">${detail}</p>` : nothing}
  </div>`;
}

customElements.define('tilework-page', TileworkPage);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-page': TileworkPage;
  }
}
