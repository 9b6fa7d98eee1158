/** Every text of the frame in a host's page, as types: one object of them for each language. */
import type { Veil } from './embed-guard.ts';

export interface EmbedStrings {
  readonly locale: string;
  /** @param site - host name of the page around the frame */
  readonly question: (site: string) => string;
  /** Who gains… */
  readonly gain: (site: string) => string;
  readonly project: (project: string) => string;
  /** …what runs… */
  readonly what: string;
  /** …how much… */
  readonly much: (percent: number, mebibytes: number) => string;
  /** …how long… */
  readonly long: string;
  /** …and what is not done. */
  readonly never: string;
  readonly start: string;
  readonly again: string;
  readonly stop: string;
  readonly finish: string;
  readonly close: string;
  readonly notNow: string;
  readonly more: string;
  /** Why no click counts just now. */
  readonly veils: Readonly<Record<Veil, string>>;
  readonly starting: string;
  readonly waiting: string;
  readonly working: (project: string | undefined) => string;
  readonly finishing: string;
  readonly elsewhere: string;
  readonly stopping: string;
  readonly stopped: string;
  readonly shards: (shards: number) => string;
  /** What it earned, written as this language writes numbers. */
  readonly credit: (credit: string) => string;
  readonly speed: (gigaflops: string) => string;
  readonly until: (day: string, time: string) => string;
  /** The key here is another one than on Tilework's own page. */
  readonly join: string;
  readonly joining: string;
  readonly joinCode: (time: string) => string;
  readonly joinFailed: string;
  readonly anyway: string;
  readonly phone: string;
  readonly battery: string;
  readonly batteryLow: string;
  readonly metered: string;
  readonly hot: string;
  readonly unseen: string;
  readonly otherPause: string;
  readonly offline: string;
}
