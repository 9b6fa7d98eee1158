/**
 * How much memory the page uses with its workers, measured now and then. performance.measureUserAgentSpecificMemory()
 * tells that to pages that are isolated from other origins, in Chromium; nothing else does: performance.memory knows the
 * page's own heap alone, and workers have neither.
 */
import type { Clock } from '../core/clock.ts';

export interface MemoryScope {
  readonly crossOriginIsolated?: boolean;
  readonly performance: {
    measureUserAgentSpecificMemory?(): Promise<{ readonly bytes: number }>;
  };
}

/** When what a start brings with it has settled. */
const FIRST_MS = 5 * 60_000;
/** Browsers answer at a garbage collection of their own, and want to be asked seldom. */
const EVERY_MS = 10 * 60_000;

export class MemoryGrowth {
  readonly #clock: Clock;
  readonly #scope: MemoryScope;
  #cancel: (() => void) | undefined;
  #early: number | undefined;
  #now: number | undefined;

  constructor(clock: Clock, scope: MemoryScope) {
    this.#clock = clock;
    this.#scope = scope;
  }

  /** Bytes of the first measurement, and of the latest; undefined until there are two, and where there are none. */
  get bytes(): { readonly earlyBytes?: number; readonly memoryBytes?: number } {
    const [earlyBytes, memoryBytes] = [this.#early, this.#now];
    return earlyBytes === undefined || memoryBytes === undefined ? {} : { earlyBytes, memoryBytes };
  }

  /** The workers are fresh. */
  begin(): void {
    this.end();
    if (this.#scope.crossOriginIsolated) this.#after(FIRST_MS);
  }

  end(): void {
    this.#cancel?.();
    this.#early = undefined;
    this.#now = undefined;
  }

  #after(ms: number): void {
    let over = false;
    const cancel = this.#clock.after(ms, () => void this.#measure(() => over));
    this.#cancel = () => {
      over = true;
      cancel();
    };
  }

  /** @param over - whether the workers that are measured have ended meanwhile */
  async #measure(over: () => boolean): Promise<void> {
    try {
      const { bytes } = (await this.#scope.performance.measureUserAgentSpecificMemory?.()) ?? {};
      if (over() || bytes === undefined) return;
      if (this.#early === undefined) this.#early = bytes;
      else this.#now = bytes;
    } catch {
      // A browser that will not say so this time may the next.
    }
    if (!over()) this.#after(EVERY_MS);
  }
}
