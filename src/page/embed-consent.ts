/**
 * "This visitor lets us work in the frame on this site, until then." Kept in the frame's own storage, which browsers
 * part by the site around it; the site's origin is in the key besides, for those that do not. It is given by a click
 * inside the frame, lasts a day at most, and is taken back by any stop.
 */

export const CONSENT_MS = 24 * 3_600_000;

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export class EmbedConsent {
  readonly #kept: Kept | undefined;
  readonly #key: string;
  /** Where nothing can be kept, it lives as long as the frame does. */
  #sinceMs: number | undefined;

  /** @param site - the origin around the frame, as the browser says it */
  constructor(site: string, kept: Kept | undefined) {
    this.#key = `tilework-consent ${site}`;
    this.#kept = kept;
  }

  /** Now that the visitor has clicked. Returns until when it lives. */
  grant(nowMs: number): number {
    this.#sinceMs = nowMs;
    try {
      this.#kept?.setItem(this.#key, String(nowMs));
    } catch {
      // Full, or not allowed here.
    }
    return nowMs + CONSENT_MS;
  }

  /** Until when the consent lives; undefined when there is none. */
  untilMs(nowMs: number): number | undefined {
    const sinceMs = this.#read();
    // A clock that was set back must not make a click last for ever.
    if (sinceMs === undefined || sinceMs > nowMs || nowMs - sinceMs >= CONSENT_MS) return undefined;
    return sinceMs + CONSENT_MS;
  }

  revoke(): void {
    this.#sinceMs = undefined;
    try {
      this.#kept?.removeItem(this.#key);
    } catch {
      // Nothing may be kept here, so nothing is.
    }
  }

  #read(): number | undefined {
    if (!this.#kept) return this.#sinceMs;
    try {
      const text = this.#kept.getItem(this.#key);
      return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
    } catch {
      return this.#sinceMs;
    }
  }
}
