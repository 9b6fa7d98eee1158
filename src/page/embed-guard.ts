/**
 * Whether a visitor can see what they press: a host must not get a click by putting the frame under something else, or
 * by making it invisible or tiny. Browsers with IntersectionObserver v2 (Chromium) say whether anything is in front of
 * the frame, or makes it transparent; in the others size, place and page visibility are all that can be known.
 */
import type { Clock } from '../core/clock.ts';

export interface Sight {
  /** Of the frame, CSS pixels. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** The tab is on show. */
  readonly shown: boolean;
  /** How much of the frame is within what is scrolled into view, 0…1. */
  readonly share: number;
  /** Nothing is in front of it, and nothing makes it transparent; undefined: this browser cannot tell. */
  readonly clear: boolean | undefined;
}

/** 'soon': it can be seen, but has not been for long enough to be read. */
export type Veil = 'tiny' | 'hidden' | 'outside' | 'covered' | 'soon';

const LEAST_WIDTH_PX = 230;
const LEAST_HEIGHT_PX = 150;
/** A frame that scrolls into place under a finger must not take the click that was meant for something else. */
const SETTLE_MS = 500;
/** Longer than a menu passes over it. */
const COVERED_MS = 2_000;
/** A page's header may lie over its rim. */
const LEAST_SHARE = 0.9;

/** What keeps it from being seen; undefined while nothing does. */
export function veilOf({ widthPx, heightPx, shown, share, clear }: Sight): Veil | undefined {
  if (widthPx < LEAST_WIDTH_PX || heightPx < LEAST_HEIGHT_PX) return 'tiny';
  if (!shown) return 'hidden';
  if (share > 0 && clear === false) return 'covered';
  return share < LEAST_SHARE ? 'outside' : undefined;
}

export class EmbedGuard {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #veil: Veil | undefined = 'outside';
  /** It has been like this for long enough to count. */
  #lasted = false;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  see(sight: Sight): void {
    const veil = veilOf(sight);
    if (veil === this.#veil) return;
    this.#veil = veil;
    this.#lasted = false;
    this.#cancel?.();
    this.#cancel = this.#clock.after(veil === undefined ? SETTLE_MS : COVERED_MS, () => {
      this.#lasted = true;
      this.#onChange();
    });
    this.#onChange();
  }

  /** Why no click counts now. */
  get refusal(): Veil | undefined {
    return this.#veil ?? (this.#lasted ? undefined : 'soon');
  }

  /**
   * Work that nobody could see pauses. Scrolled away is not hidden: the page around it is still being read; and so is
   * one whose tab is in the background, which its visitor knows.
   */
  get mustPause(): boolean {
    return (this.#veil === 'tiny' || this.#veil === 'covered') && this.#lasted;
  }

  close(): void {
    this.#cancel?.();
  }
}
