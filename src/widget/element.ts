/**
 * <tilework-contribute>: a placeholder that becomes our frame when a visitor wants it. It asks nobody for anything
 * before that click, keeps nothing (but, where `autostart` is set, until when a consent lives), and starts nothing: the
 * consent that counts is given inside the frame. Importing this file needs no DOM; define.ts makes it an element.
 */
import {
  type FrameMessage,
  LEAST_INTENSITY,
  NO_STATS,
  type StopReason,
  type Theme,
  THEMES,
  type WidgetStats,
  type Wishes,
} from './envelope.ts';
import { WidgetFrame } from './frame.ts';
import { type Size, SIZES, STYLE } from './look.ts';
import { type PlaceholderTexts, textsFor } from './texts.ts';

/** Events of the element, with what is in `event.detail`. None of them bubbles. */
export interface TileworkEvents {
  /** The frame is there and asks. */
  readonly ready: null;
  /** A visitor has consented, until then at most. */
  readonly consent: { readonly untilMs: number };
  readonly start: WidgetStats;
  readonly stop: WidgetStats & { readonly reason: StopReason };
  /** At most twice a second. */
  readonly progress: WidgetStats;
  /** A shard was verified. */
  readonly receipt: WidgetStats;
  /** The element has folded itself up. */
  readonly error: { readonly code: string };
}

export type TileworkEventMap = { [Type in keyof TileworkEvents]: CustomEvent<TileworkEvents[Type]> };

/** On a server there is no HTMLElement to extend, and nobody makes one. */
const Base = globalThis.HTMLElement ?? Object;

/** Until when a consent lives: on the host's own origin, so that `autostart` asks nobody while there is none. */
const HINT = 'tilework-consent-until';

export class TileworkContribute extends Base {
  static readonly observedAttributes = ['project', 'theme', 'lang', 'max-intensity'];
  /** Absolute URL of the folder that our page stands in; define.ts sets it. */
  static home: string | undefined;

  #frame: WidgetFrame | undefined;
  #stats: WidgetStats = NO_STATS;
  readonly #card: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #text: HTMLElement;
  /** Why it has folded itself up. */
  #folded: string | undefined;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.#card = part('div', 'card');
    this.#text = part('slot', 'text');
    this.#button = part('button', 'button');
    this.#button.type = 'button';
    this.#button.addEventListener('click', (event) => {
      if (event.isTrusted) this.#open();
    });
    this.#card.append(this.#text, this.#button);
    root.append(this.#card);
  }

  /** The project to work for; empty: any. */
  get project(): string {
    return this.getAttribute('project') ?? '';
  }
  set project(project: string) {
    this.setAttribute('project', project);
  }

  get theme(): Theme {
    return THEMES.find((theme) => theme === this.getAttribute('theme')) ?? 'auto';
  }
  set theme(theme: Theme) {
    this.setAttribute('theme', theme);
  }

  get size(): Size {
    return SIZES.find((size) => size === this.getAttribute('size')) ?? 'regular';
  }
  set size(size: Size) {
    this.setAttribute('size', size);
  }

  /** The most that the share of GPU time may be, in per cent, 5…100. */
  get maxIntensity(): number {
    const percent = Number.parseFloat(this.getAttribute('max-intensity') ?? '');
    return Number.isNaN(percent) ? 100 : Math.min(100, Math.max(100 * LEAST_INTENSITY, percent));
  }
  set maxIntensity(percent: number) {
    this.setAttribute('max-intensity', String(percent));
  }

  /** 'consented': go on without a click while a consent lives. */
  get autostart(): string {
    return this.getAttribute('autostart') ?? '';
  }
  set autostart(autostart: string) {
    this.setAttribute('autostart', autostart);
  }

  /**
   * Shows the consent, in which the visitor starts. Call it when somebody clicks: without a click nothing is loaded.
   * @returns whether the consent is on show
   */
  start(): boolean {
    if (!this.#frame && globalThis.navigator?.userActivation?.isActive) this.#open();
    else this.#frame?.tell({ type: 'open' });
    if (!this.#frame) this.#button.focus();
    return this.#frame !== undefined;
  }

  /** Stops at once. The visitor is asked again before the next start. */
  stop(): void {
    this.#frame?.tell({ type: 'stop' });
  }

  /** Ends what is in flight, and stops. */
  finish(): void {
    this.#frame?.tell({ type: 'finish' });
  }

  stats(): WidgetStats {
    return this.#stats;
  }

  connectedCallback(): void {
    this.#render();
    if (this.autostart === 'consented' && Number(hint()?.getItem(HINT)) > Date.now()) this.#open();
  }

  disconnectedCallback(): void {
    this.#close();
  }

  attributeChangedCallback(): void {
    if (!this.isConnected) return;
    this.#frame?.tell({ type: 'wishes', ...this.#wishes() });
    this.#render();
  }

  override addEventListener<Type extends keyof TileworkEventMap>(
    type: Type,
    listener: (this: TileworkContribute, event: TileworkEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: unknown,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }

  #wishes(): Wishes {
    const { project, theme, autostart } = this;
    const lang = this.#lang();
    const maxIntensity = this.maxIntensity / 100;
    return { project, maxIntensity, theme, lang, autostart: autostart === 'consented' };
  }

  /** Of this element or of what it stands in. */
  #lang(): string {
    return this.closest<HTMLElement>('[lang]')?.lang ?? '';
  }

  #open(): void {
    const { home } = TileworkContribute;
    if (this.#frame || !home || !this.isConnected || !canCompute()) return;
    this.#folded = undefined;
    const { title } = this.#texts();
    const hear = (message: FrameMessage): void => this.#hear(message);
    this.#frame = new WidgetFrame({ home, title, wishes: () => this.#wishes(), hear });
    this.shadowRoot!.append(this.#frame.element);
    this.#render();
  }

  #hear(message: FrameMessage): void {
    // What is to be read before the consent takes more room than what it does.
    if ('stats' in message) this.#frame?.size(message.stats.state);
    switch (message.type) {
      case 'ready':
        this.#card.hidden = true;
        this.#tell('ready', null);
        break;
      case 'consent':
        if (this.autostart) remember(message.untilMs);
        this.#tell('consent', { untilMs: message.untilMs });
        break;
      case 'started':
        this.#stats = message.stats;
        this.#tell('start', message.stats);
        break;
      case 'stopped':
        this.#stats = message.stats;
        remember(undefined);
        this.#tell('stop', { ...message.stats, reason: message.reason });
        break;
      case 'progress':
      case 'receipt':
        this.#stats = message.stats;
        this.#tell(message.type, message.stats);
        break;
      case 'error':
        this.#folded = message.code;
        this.#close();
        this.#tell('error', { code: message.code });
        break;
      case 'close':
        this.#close();
        break;
    }
  }

  #close(): void {
    this.#frame?.remove();
    this.#frame = undefined;
    this.#stats = { ...this.#stats, state: 'stopped', progress: 0 };
    this.#card.hidden = false;
    this.#render();
  }

  #texts(): PlaceholderTexts {
    return textsFor(this.#lang() || (globalThis.navigator?.language ?? ''));
  }

  /** What stands between its tags, if anything, is the invitation; all other texts are ours. */
  #render(): void {
    const texts = this.#texts();
    const here = canCompute() && !CANNOT.has(this.#folded ?? '');
    const said = !here ? texts.notHere : this.#frame ? texts.loading : this.#folded && texts.notNow;
    this.#card.classList.toggle('quiet', said !== undefined);
    const shown = said ? part('span', 'text') : this.#text;
    shown.textContent = said ?? texts.invitation;
    if (this.#card.firstChild !== shown) this.#card.replaceChildren(shown, this.#button);
    this.#button.textContent = texts.button;
    this.#button.hidden = !here || this.#frame !== undefined;
  }

  #tell<Type extends keyof TileworkEvents>(type: Type, detail: TileworkEvents[Type]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Codes that another try would not change. */
const CANNOT = new Set(['no-webgpu', 'insecure', 'software-adapter', 'unsupported-key']);

/** A glance: nothing is asked of the GPU. */
const canCompute = (): boolean => 'gpu' in navigator;

function part<Tag extends 'div' | 'slot' | 'span' | 'button'>(
  tag: Tag,
  name: string,
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.className = name;
  made.part.add(name);
  return made;
}

/** Undefined where a page may keep nothing. */
function hint(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

function remember(untilMs: number | undefined): void {
  try {
    if (untilMs === undefined) hint()?.removeItem(HINT);
    else hint()?.setItem(HINT, String(untilMs));
  } catch {
    // Full: the visitor clicks again.
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'tilework-contribute': TileworkContribute;
  }
}
