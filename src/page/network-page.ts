/**
 * <tilework-network>: the public page of the network. It renders into itself; its state comes from NetworkWatch, and
 * what a visitor chooses goes back to it through `actions`.
 *
 *   tilework-network[data-state]  'loading', 'live', 'stale' or 'unreachable'
 */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { NetworkView } from '../core/v1.ts';
import type { LeaderboardView } from '../core/v1-figures.ts';
import { type ChooseBoard, leaderboard, search } from './leaderboard.ts';
import './mosaic.ts';
import { jobs, receipts, speeds } from './network-parts.ts';
import type { NetworkPageState } from './network-watch.ts';
import type { ShownStrings } from './strings-shown.ts';

export interface NetworkActions {
  readonly chooseBoard: ChooseBoard;
  readonly lookUp: (typed: string) => void;
}

export type Hearing = 'loading' | 'live' | 'stale' | 'unreachable';

/** Whether what is shown is known, and how old it may be. */
export function hearingOf({ figures, network, failed }: NetworkPageState): Hearing {
  const anything = network !== undefined || figures.network !== undefined || figures.mosaic !== undefined;
  if (!anything) return failed ? 'unreachable' : 'loading';
  return failed || !figures.live ? 'stale' : 'live';
}

/** Whoever is not heard by then is not waited for: what is there is shown. */
const PATIENCE_MS = 2000;

/** All that comes with the first answers is there, so that showing it moves nothing that somebody reads. */
export function isWhole({ figures, network, failed }: NetworkPageState): boolean {
  return failed || (network !== undefined && figures.live);
}

export class TileworkNetwork extends LitElement {
  static override properties = {
    state: { attribute: false },
    strings: { attribute: false },
    actions: { attribute: false },
    base: { attribute: false },
  };
  declare state: NetworkPageState | undefined;
  declare strings: ShownStrings | undefined;
  declare actions: NetworkActions | undefined;
  /** URL of the coordinator, with a slash at its end. */
  declare base: string;
  #names: ReadonlyMap<string, string> = new Map();
  #namesFrom: LeaderboardView | undefined;
  /** Once it has been shown, it stays. */
  #shown = false;
  #patience: ReturnType<typeof setTimeout> | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#patience = setTimeout(() => {
      this.#shown = true;
      this.requestUpdate();
    }, PATIENCE_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#patience);
  }

  protected override willUpdate(): void {
    this.#shown ||= this.state !== undefined && isWhole(this.state);
    const view = this.state?.board.view;
    if (view === this.#namesFrom || view?.by !== 'contributor') return;
    this.#namesFrom = view;
    this.#names = new Map(view.rows.map(({ contributor, name }) => [contributor, name]));
  }

  protected override updated(): void {
    if (this.state) this.dataset['state'] = this.#hearing(this.state);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state, strings, actions } = this;
    if (!state || !strings || !actions) return nothing;
    return html`<h1>${strings.network.title}</h1>
      <p class="lead">${strings.network.lead}</p>
      <div role="status" class="hearing">${this.#told(this.#hearing(state))}</div>
      ${this.#shown ? this.#sections(state, strings, actions) : nothing}`;
  }

  #sections(state: NetworkPageState, strings: ShownStrings, actions: NetworkActions): TemplateResult {
    const { figures, search: searched } = state;
    const you = searched.stage === 'found' ? searched.id : '';
    return html`<section class="wall-section" aria-labelledby="mosaic-title">
        <h2 id="mosaic-title">${strings.mosaic.title}</h2>
        ${aboutJob(state.network, figures.mosaic?.job)}
        <tilework-mosaic
          .mosaic=${figures.mosaic}
          .live=${figures.live}
          .you=${you}
          .names=${this.#names}
          .strings=${strings}
        ></tilework-mosaic>
      </section>
      ${speeds(state, strings)} ${jobs(state.network, strings)}
      ${leaderboard(state.board, you, strings, actions.chooseBoard)}
      ${search(searched, strings, actions.lookUp)} ${receipts(state, this.#names, this.base, strings)}`;
  }

  #hearing(state: NetworkPageState): Hearing {
    return this.#shown ? hearingOf(state) : 'loading';
  }

  #told(hearing: Hearing): TemplateResult | typeof nothing {
    const words = this.strings!.network;
    if (hearing === 'live') return nothing;
    if (hearing === 'loading') return html`<p class="aside">${words.loading}</p>`;
    return html`<p class="notice">${hearing === 'stale' ? words.stale : words.unreachable}</p>`;
  }
}

/** What the picture is of, where that is known. */
function aboutJob(
  network: NetworkView | undefined,
  job: string | undefined,
): TemplateResult | typeof nothing {
  const shown = network?.jobs.find((each) => each.job === job);
  const name = shown && (shown.title || shown.project);
  return name ? html`<p class="about"><bdi>${name}</bdi></p>` : nothing;
}

customElements.define('tilework-network', TileworkNetwork);

declare global {
  interface HTMLElementTagNameMap {
    'tilework-network': TileworkNetwork;
  }
}
