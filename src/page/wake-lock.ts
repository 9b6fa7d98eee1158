/**
 * Keeps the screen, and with it the machine, awake while that is wanted (Screen Wake Lock). Browsers give the lock to
 * visible pages only and take it back when the page is hidden, so it is taken anew each time the page is seen.
 */
import { attempt, type BrowserScope, listen, type WakeLockSentinelLike } from './browser-scope.ts';

/**
 * 'waiting': for the page to be seen, or for the browser's answer. 'refused': a low battery, energy saver or a
 * policy; it is asked again when the page is next seen.
 */
export type AwakeState = 'off' | 'waiting' | 'held' | 'refused' | 'unsupported';

export class ScreenAwake {
  readonly #scope: BrowserScope;
  readonly #onChange: (state: AwakeState) => void;
  #wanted = false;
  #state: AwakeState = 'off';
  #sentinel: WakeLockSentinelLike | undefined;
  #asking = false;
  #unlisten: (() => void) | undefined;

  constructor(scope: BrowserScope, onChange: (state: AwakeState) => void = () => {}) {
    this.#scope = scope;
    this.#onChange = onChange;
  }

  get state(): AwakeState {
    return this.#state;
  }

  /** Safe to repeat. Nothing here throws: what came of it is the state. */
  want(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) {
      this.#unlisten = listen(this.#scope.document, ['visibilitychange'], () => void this.#take());
      void this.#take();
      return;
    }
    this.#unlisten?.();
    this.#letGo();
    this.#set('off');
  }

  async #take(): Promise<void> {
    if (!this.#wanted || this.#sentinel || this.#asking) return;
    const { navigator, document } = this.#scope;
    if (!navigator.wakeLock) return this.#set('unsupported');
    this.#set('waiting');
    if (document.visibilityState !== 'visible') return;
    this.#asking = true;
    const sentinel = await attempt(() => navigator.wakeLock?.request('screen'));
    this.#asking = false;
    if (!this.#wanted || this.#sentinel) {
      void attempt(() => sentinel?.release());
      return;
    }
    if (!sentinel || sentinel.released) return this.#refused();
    this.#sentinel = sentinel;
    sentinel.addEventListener('release', () => {
      if (this.#sentinel !== sentinel) return;
      this.#sentinel = undefined;
      this.#refused();
    });
    this.#set('held');
  }

  /** Taken back, or never given: where the page is hidden that is the rule, and it will be asked for again. */
  #refused(): void {
    this.#set(this.#scope.document.visibilityState === 'visible' ? 'refused' : 'waiting');
  }

  #letGo(): void {
    const sentinel = this.#sentinel;
    this.#sentinel = undefined;
    void attempt(() => sentinel?.release());
  }

  #set(state: AwakeState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
