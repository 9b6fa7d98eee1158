/**
 * Of a link that nobody has measured yet, the coordinator is told while the first shard still loads: on a slow link
 * that takes half a minute, in which it would plan as if the link were like others.
 */
import type { Clock } from '../core/clock.ts';

/** Long enough for a home link's rate to show, short against a shard. */
const LOOK_MS = 1000;

export interface FirstWordOptions {
  readonly clock: Clock;
  readonly isKnown: () => boolean;
  readonly isLoading: () => boolean;
  /** Reads what has come by now. */
  readonly measure: () => void;
  /** It is known now. */
  readonly tell: () => void;
}

export class FirstWord {
  readonly #options: FirstWordOptions;
  #cancel: (() => void) | undefined;

  constructor(options: FirstWordOptions) {
    this.#options = options;
  }

  /** A lease begins to load. */
  begin(): void {
    const { clock, isKnown, isLoading, measure, tell } = this.#options;
    if (this.#cancel || isKnown()) return;
    this.#cancel = clock.after(LOOK_MS, () => {
      this.#cancel = undefined;
      measure();
      if (isKnown()) tell();
      else if (isLoading()) this.begin();
    });
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
