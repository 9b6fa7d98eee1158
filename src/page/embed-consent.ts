/**
 * "This visitor lets us work in the frame on this site, until then." Kept in the frame's own storage, which browsers
 * part by the site around it; the site's origin is in the key besides, for those that do not. It is given by a click
 * inside the frame, lasts a day at most, and is taken back by any stop.
 */
import { type Kept, keep, readKept } from './storage.ts';

export const CONSENT_MS = 24 * 3_600_000;

type Cleared = Kept & Pick<Storage, 'removeItem'>;

export class EmbedConsent {
  readonly #kept: Cleared | undefined;
  readonly #key: string;
  /** Where nothing can be kept, it lives as long as the frame does. */
  #sinceMs: number | undefined;

  /** @param site - the origin around the frame, as the browser says it */
  constructor(site: string, kept: Cleared | undefined) {
    this.#key = `tilework-consent ${site}`;
    this.#kept = kept;
  }

  /** Now that the visitor has clicked. Returns until when it lives. */
  grant(nowMs: number): number {
    this.#sinceMs = nowMs;
    keep(this.#kept, this.#key, String(nowMs));
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
    const text = readKept(this.#kept, this.#key);
    if (text === undefined) return this.#sinceMs;
    return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  }
}
