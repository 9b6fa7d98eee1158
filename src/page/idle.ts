/**
 * Whether somebody uses this computer, by Idle Detection (Chromium on desktops). The browser asks its user first, so
 * permission is asked for in a click only; what was allowed on an earlier visit is used without asking.
 */
import { attempt, type BrowserScope, type IdleDetectorLike, listen, type Watch } from './browser-scope.ts';

export interface Presence {
  /** Undefined while the browser does not say. */
  readonly userActive: boolean | undefined;
  readonly screenLocked: boolean | undefined;
}

/** The least that the API allows. */
const LEAST_IDLE_MS = 60_000;

const NOTHING: Presence = { userActive: undefined, screenLocked: undefined };

export class IdleWatch implements Watch<Presence> {
  readonly #scope: BrowserScope;
  readonly #onChange: () => void;
  #thresholdMs: number;
  #detector: IdleDetectorLike | undefined;
  #round = new AbortController();
  #unlisten = (): void => {};
  #forget = (): void => {};
  #stopped = false;
  /** The click's answer and the permission's change come at the same time. */
  #beginning: Promise<void> | undefined;

  /** @param thresholdMs - without a touch for so long, nobody uses the computer */
  constructor(scope: BrowserScope, onChange: () => void, thresholdMs: number = LEAST_IDLE_MS) {
    this.#scope = scope;
    this.#onChange = onChange;
    this.#thresholdMs = Math.max(LEAST_IDLE_MS, thresholdMs);
    if (scope.IdleDetector) void this.#followPermission();
  }

  get current(): Presence {
    if (!this.#detector) return NOTHING;
    const { userState, screenState } = this.#detector;
    return {
      userActive: userState === null ? undefined : userState === 'active',
      screenLocked: screenState === null ? undefined : screenState === 'locked',
    };
  }

  get supported(): boolean {
    return this.#scope.IdleDetector !== undefined;
  }

  /** Call it in a click. False where the API is absent or the visitor says no. Never rejects. */
  async ask(): Promise<boolean> {
    const answer = await attempt(() => this.#scope.IdleDetector?.requestPermission());
    if (answer !== 'granted' || this.#stopped) return false;
    await this.#ensure();
    return this.#detector !== undefined;
  }

  setThreshold(ms: number): void {
    const thresholdMs = Math.max(LEAST_IDLE_MS, ms);
    if (thresholdMs === this.#thresholdMs) return;
    this.#thresholdMs = thresholdMs;
    if (this.#detector || this.#beginning) void this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    this.#forget();
    this.#end();
  }

  async #followPermission(): Promise<void> {
    const status = await attempt(() => this.#scope.navigator.permissions?.query({ name: 'idle-detection' }));
    if (!status || this.#stopped) return;
    const follow = (): void => {
      if (status.state !== 'granted') this.#end();
      else void this.#ensure();
      this.#onChange();
    };
    this.#forget = listen(status, ['change'], follow);
    if (status.state === 'granted') await this.#ensure();
  }

  async #ensure(): Promise<void> {
    if (this.#detector) return;
    this.#beginning ??= this.#begin().finally(() => (this.#beginning = undefined));
    await this.#beginning;
  }

  async #begin(): Promise<void> {
    this.#end();
    const round = new AbortController();
    this.#round = round;
    const detector = await attempt(async () => {
      const made = new this.#scope.IdleDetector!();
      await made.start({ threshold: this.#thresholdMs, signal: round.signal });
      return made;
    });
    if (!detector || round.signal.aborted) return;
    this.#detector = detector;
    this.#unlisten = listen(detector, ['change'], this.#onChange);
    this.#onChange();
  }

  #end(): void {
    this.#round.abort();
    this.#unlisten();
    this.#detector = undefined;
  }
}
