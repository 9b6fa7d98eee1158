/**
 * One contributing tab per browser, by a Web Lock that is held while working. Two would share one key, throw each other
 * off the coordinator, and fight for one GPU. A tab that waits has been started by its visitor there; it takes
 * over when the other ends, crashes or is discarded, because then the browser gives the lock on. Never stolen.
 */
import { attempt, type LockManagerLike } from './browser-scope.ts';

const NAME = 'tilework-contributing';

/** 'alone': this browser has no Web Locks here, so nobody can be waited for. 'lost': somebody stole the lock. */
export type TabLockState = 'free' | 'waiting' | 'held' | 'alone' | 'lost';

export class TabLock {
  readonly #locks: LockManagerLike | undefined;
  readonly #onChange: (state: TabLockState) => void;
  #state: TabLockState = 'free';
  #attempt: AbortController | undefined;
  #release = (): void => {};

  constructor(locks: LockManagerLike | undefined, onChange: (state: TabLockState) => void = () => {}) {
    this.#locks = locks;
    this.#onChange = onChange;
  }

  get state(): TabLockState {
    return this.#state;
  }

  /** Work may go on in this tab. */
  get mayWork(): boolean {
    return this.#state === 'held' || this.#state === 'alone';
  }

  /**
   * Call it when the visitor pressed Start in this tab. Resolves to 'held' or 'alone', or to 'waiting' where another
   * tab works; that it is this one's turn is then told by `onChange`. Never rejects.
   */
  async take(): Promise<TabLockState> {
    if (this.#attempt) return this.#state;
    const attempt = new AbortController();
    this.#attempt = attempt;
    if (!this.#locks) return this.#set('alone');
    const first = await this.#request(attempt, true);
    if (attempt.signal.aborted) return this.#state;
    if (first === 'granted') return this.#state;
    if (first === 'refused') return this.#set('alone');
    this.#set('waiting');
    void this.#request(attempt, false).then((outcome) => {
      // A browser that refuses the second time what it took the first: nobody can be waited for.
      if (outcome === 'refused' && !attempt.signal.aborted) this.#set('alone');
    });
    return this.#state;
  }

  /** Work in this tab has ended, or its visitor waits no more. */
  release(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
    this.#release();
    this.#release = () => {};
    this.#set('free');
  }

  /** Tabs can wait for one another here. */
  get supported(): boolean {
    return this.#locks !== undefined;
  }

  /**
   * Resolves to true when no tab holds the lock any more, also one that vanished without a word; to false when that
   * cannot be waited for. A shared lock waits behind the exclusive one and stands in nobody's way.
   */
  async whenFree(signal: AbortSignal): Promise<boolean> {
    const locks = this.#locks;
    const free = (): Promise<boolean> => Promise.resolve(true);
    return (await attempt(() => locks?.request(NAME, { mode: 'shared', signal }, free))) ?? false;
  }

  /** Resolves when it is known whether the lock was granted; it is held until `release`. */
  #request(attempt: AbortController, ifAvailable: boolean): Promise<'granted' | 'busy' | 'refused'> {
    const { promise: answer, resolve } = Promise.withResolvers<'granted' | 'busy' | 'refused'>();
    const { promise: over, resolve: release } = Promise.withResolvers<void>();
    const work = (lock: unknown): Promise<void> => {
      if (!lock) resolve('busy');
      if (!lock || attempt.signal.aborted) return Promise.resolve();
      this.#release = release;
      this.#set('held');
      resolve('granted');
      return over;
    };
    // ifAvailable and signal exclude each other.
    const options = ifAvailable ? { ifAvailable } : { signal: attempt.signal };
    const refused = (): void => {
      resolve('refused');
      if (this.#attempt !== attempt || this.#state !== 'held') return;
      this.#attempt = undefined;
      this.#set('lost');
    };
    try {
      this.#locks!
        .request(NAME, { mode: 'exclusive', ...options }, work)
        .then(() => resolve('busy'), refused);
    } catch {
      refused();
    }
    return answer;
  }

  #set(state: TabLockState): TabLockState {
    if (state !== this.#state) {
      this.#state = state;
      this.#onChange(state);
    }
    return state;
  }
}
