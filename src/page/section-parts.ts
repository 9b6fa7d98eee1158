/** The sections' elements, each with its words and its data: what they show comes from the visit, the notebook and the figures. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Clock } from '../core/clock.ts';
import type { ContributorFiguresView, LeaderboardView, ProjectView } from '../core/v1-figures.ts';
import type { Language } from './language.ts';
import type { MosaicState } from './mosaic-state.ts';
import type { Notebook } from './notebook.ts';
import { openJoins } from './open-joins.ts';
import type { OwnWishes } from './own-wishes.ts';
import type { PictureWatch } from './picture.ts';
import type { Section, SectionParts } from './sections.ts';
import type { ControlStrings } from './strings-controls.ts';
import type { ReportStrings } from './strings-report.ts';
import type { YouStrings } from './strings-you.ts';
import type { Visit, VisitState } from './visit.ts';
import type { KeysState } from './you-key.ts';

const MINUTE_MS = 60_000;
/** Of the list of all time, around whom one's own line is looked for. */
const BOARD_ROWS = 50;

export interface PartsOptions {
  readonly visit: Visit;
  readonly clock: Clock;
  readonly wishes: OwnWishes;
  readonly notebook: Notebook;
  /** Undefined where this page knows of no figures. */
  readonly picture: () => Promise<PictureWatch> | undefined;
  /** Where to join: the host's name. */
  readonly address: string;
  readonly onChange: () => void;
}

class Parts implements SectionParts {
  readonly #options: PartsOptions;
  readonly #shown = new Set<Section>();
  #controls: ControlStrings | undefined;
  #report: ReportStrings | undefined;
  #you: YouStrings | undefined;
  #keys: KeysState | undefined;
  #mosaic: MosaicState | undefined;
  #figures: ContributorFiguresView | undefined;
  #board: LeaderboardView | undefined;
  #projects: readonly ProjectView[] | undefined;
  #projectsFailed = false;
  #language: Language = 'en';

  constructor(options: PartsOptions) {
    this.#options = options;
  }

  async open(name: Section, language: Language): Promise<void> {
    if (name === 'controls') await this.#openControls(language);
    else if (name === 'report') await this.#openReport(language);
    else await this.#openYou(name, language);
    this.#shown.add(name);
    if (name === 'you' || name === 'share') void this.#askOwn();
    if (name === 'projects') void this.#askProjects();
  }

  render(name: Section, state: VisitState): TemplateResult | undefined {
    if (!this.#shown.has(name)) return undefined;
    switch (name) {
      case 'controls':
        return this.#renderControls(state);
      case 'report':
        return this.#renderReport();
      case 'speed':
        return html`<tilework-speed
          .history=${this.#options.notebook.speeds.history}
          .now=${MINUTE_MS * Math.floor(this.#options.clock.now() / MINUTE_MS)}
          .strings=${this.#you}
        ></tilework-speed>`;
      case 'projects':
        return html`<tilework-projects
          .projects=${this.#projects}
          .failed=${this.#projectsFailed}
          .chosen=${this.#options.wishes.projects}
          .strings=${this.#you}
          @tilework-projects=${({ detail }: CustomEvent<readonly string[]>) =>
            this.#change(() => this.#options.wishes.setProjects(detail))}
        ></tilework-projects>`;
      case 'you':
        return this.#renderYou(state);
      case 'share':
        return this.#renderShare(state);
      default:
        return undefined;
    }
  }

  #renderControls(state: VisitState): TemplateResult {
    const { visit } = this.#options;
    return html`<tilework-controls
      .state=${state}
      .abilities=${visit.abilities}
      .strings=${this.#controls}
      .change=${visit.change.bind(visit)}
      .clearDisk=${() => visit.controller.clearDisk()}
    ></tilework-controls>`;
  }

  #renderReport(): TemplateResult {
    const { journal: keeper } = this.#options.notebook;
    return html`<tilework-report
      .journal=${keeper.journal}
      .strings=${this.#report}
      .undoable=${keeper.canUndo}
      @report-watts=${({ detail }: CustomEvent<number>) => keeper.setWatts(detail)}
      @report-clear=${() => keeper.clear()}
      @report-undo=${() => keeper.undo()}
    ></tilework-report>`;
  }

  #renderYou({ page, leader }: VisitState): TemplateResult {
    const { wishes } = this.#options;
    return html`<tilework-you
        .profile=${wishes.name}
        .answer=${page.status.nameAnswer ?? leader?.status.nameAnswer}
        .figures=${this.#figures}
        .board=${this.#board}
        .keys=${this.#keys}
        .strings=${this.#you}
        @tilework-profile=${({ detail }: HTMLElementEventMap['tilework-profile']) =>
          this.#change(() => wishes.setName(detail))}
        @tilework-key=${({ detail }: HTMLElementEventMap['tilework-key']) => {
          void import('./you-keys.ts')
            .then(({ grantKeyWish }) => grantKeyWish(detail))
            .then((keys) => this.#change(() => (this.#keys = keys)));
        }}
      ></tilework-you>
      ${
        this.#keys?.view?.peerId
          ? html`<tilework-joined .language=${this.#language} .open=${openJoins}></tilework-joined>`
          : nothing
      }`;
  }

  #renderShare({ page, leader }: VisitState): TemplateResult {
    const status = page.wanted ? page.status : (leader?.status ?? page.status);
    const { name, shards = 0, microcredits = '0' } = this.#figures ?? {};
    // What the coordinator has counted over all visits, or more than that since it was asked.
    const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
    return html`<tilework-share
      .shards=${Math.max(shards, status.shardsVerified)}
      .microcredits=${most(BigInt(microcredits), most(status.balanceMicrocredits, status.microcredits))}
      .mosaic=${this.#mosaic}
      .you=${this.#peerId ?? ''}
      .name=${name ?? this.#options.wishes.name?.name ?? ''}
      .address=${this.#options.address}
      .strings=${this.#you}
    ></tilework-share>`;
  }

  get #peerId(): string | undefined {
    const { page, leader } = this.#options.visit.state;
    return page.status.peerId ?? leader?.status.peerId ?? (this.#keys?.view?.peerId || undefined);
  }

  #change(change: () => void): void {
    try {
      change();
    } catch {
      // What cannot be said was said to be so by the form already.
    }
    this.#options.onChange();
  }

  async #openControls(language: Language): Promise<void> {
    await import('./controls.ts');
    this.#controls =
      language === 'de'
        ? (await import('./strings-controls-de.ts')).controlsDe
        : (await import('./strings-controls-en.ts')).controlsEn;
  }

  async #openReport(language: Language): Promise<void> {
    await import('./report.ts');
    this.#report =
      language === 'de'
        ? (await import('./strings-report-de.ts')).reportDe
        : (await import('./strings-report-en.ts')).reportEn;
    this.#options.notebook.journal.refresh();
  }

  async #openYou(name: 'projects' | 'speed' | 'you' | 'share', language: Language): Promise<void> {
    const { you, keys } = {
      projects: { you: () => import('./projects.ts'), keys: false },
      speed: { you: () => import('./speed.ts'), keys: false },
      you: { you: () => Promise.all([import('./you.ts'), import('./joined.ts')]), keys: true },
      share: { you: () => import('./share.ts'), keys: true },
    }[name];
    await you();
    this.#language = language;
    if (keys) this.#keys ??= await (await import('./you-keys.ts')).keysNow();
    this.#you =
      language === 'de'
        ? (await import('./strings-you-de.ts')).youDe
        : (await import('./strings-you-en.ts')).youEn;
  }

  async #askOwn(): Promise<void> {
    const figures = (await this.#options.picture()?.catch(() => undefined))?.figures;
    this.#mosaic = figures?.state.mosaic;
    const id = this.#peerId;
    if (!figures || id === undefined) return;
    const { signal } = new AbortController();
    const [own, board] = await Promise.allSettled([
      figures.contributor(id, signal),
      figures.leaderboard('contributor', 'all', BOARD_ROWS, signal),
    ]);
    if (own.status === 'fulfilled') this.#figures = own.value;
    if (board.status === 'fulfilled') this.#board = board.value;
    this.#options.onChange();
  }

  async #askProjects(): Promise<void> {
    const figures = (await this.#options.picture()?.catch(() => undefined))?.figures;
    try {
      this.#projects = await figures?.projects(new AbortController().signal);
      this.#projectsFailed = figures === undefined;
    } catch {
      this.#projectsFailed = true;
    }
    this.#options.onChange();
  }
}

export function makeParts(options: PartsOptions): SectionParts {
  return new Parts(options);
}
