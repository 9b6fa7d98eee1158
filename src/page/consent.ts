/**
 * "This tab was contributing, because its visitor pressed Start in it": kept in sessionStorage, for one purpose. A browser
 * that is short of memory throws a hidden tab away and loads it again later; nobody is there to press Start at
 * three in the morning, and nobody has pressed Stop.
 *
 * Consent belongs to one tab and one visit. A new tab has an empty sessionStorage; a duplicated tab, one restored after
 * a crash and one reloaded by hand bring a copy along, so the copy alone counts for nothing: the browser must
 * say that it discarded the tab (document.wasDiscarded, Chromium), or this page must have reloaded itself to take a
 * new version. Elsewhere the visitor, who has just come back to that tab, presses Start again. A day after the click it
 * counts no more.
 */
import type { BrowserScope } from './browser-scope.ts';

const KEY = 'tilework-contributing';
const MAX_AGE_MS = 24 * 3_600_000;

export interface Consent {
  /** When the visitor pressed Start, by this device's clock. */
  readonly clickedMs: number;
  /** Under which key; undefined if that was not known yet. */
  readonly peerId: string | undefined;
}

interface Kept extends Consent {
  /** The page reloads itself. */
  readonly reloading: boolean;
}

export class ConsentMemory {
  readonly #scope: BrowserScope;
  #now: Consent | undefined;

  constructor(scope: BrowserScope) {
    this.#scope = scope;
  }

  /**
   * What lets this page go on by itself, once: at load, before anything else here. Undefined for every visit
   * that begins with a person. Afterwards the memory is empty until the next `remember`.
   */
  resume(nowMs: number): Consent | undefined {
    const kept = this.#read();
    this.forget();
    if (!kept) return undefined;
    const { clickedMs, peerId, reloading } = kept;
    if (!reloading && this.#scope.document.wasDiscarded !== true) return undefined;
    // A clock that was set back must not make a click last for ever.
    const ageMs = nowMs - clickedMs;
    return ageMs >= 0 && ageMs <= MAX_AGE_MS ? { clickedMs, peerId } : undefined;
  }

  /** At Start, when work goes on after `resume`, and when the key is known. */
  remember(consent: Consent): void {
    this.#now = consent;
    this.#write({ ...consent, reloading: false });
  }

  /** Before the page reloads itself to take a new version; nothing unless it contributes. */
  reloading(): void {
    if (this.#now) this.#write({ ...this.#now, reloading: true });
  }

  /** At Stop, and when work has ended in any other way. */
  forget(): void {
    this.#now = undefined;
    try {
      this.#scope.sessionStorage?.removeItem(KEY);
    } catch {
      // Nothing may be kept here, so nothing is.
    }
  }

  #write(kept: Kept): void {
    try {
      this.#scope.sessionStorage?.setItem(KEY, JSON.stringify({ v: 1, ...kept }));
    } catch {
      // Full or not allowed: after a discard the visitor presses Start.
    }
  }

  #read(): Kept | undefined {
    try {
      const text = this.#scope.sessionStorage?.getItem(KEY) ?? 'null';
      const { v, clickedMs, peerId, reloading } = (JSON.parse(text) ?? {}) as Readonly<
        Record<string, unknown>
      >;
      if (v !== 1 || typeof clickedMs !== 'number') return undefined;
      return {
        clickedMs,
        peerId: typeof peerId === 'string' ? peerId : undefined,
        reloading: reloading === true,
      };
    } catch {
      return undefined;
    }
  }
}
