/**
 * Makes the contributor do what the policy decides: asks it whenever something is chosen, the browser says something
 * new, a status came, or the clock alone may change its mind. Counts the day's data on the way. No DOM here.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import {
  countBytes,
  type DataMeter,
  dayBytes,
  localTime,
  parseMeter,
  serializeMeter,
} from '../contributor/data-meter.ts';
import { type Conduct, decide } from '../contributor/policy.ts';
import type { Settings } from '../contributor/settings.ts';
import { Emitter } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import type { Levels } from './controller.ts';
import type { ChosenSettings } from './settings.ts';
import type { BrowserSignals } from './signals.ts';
import { type Kept, keep, readKept } from './storage.ts';

const METER_KEY = 'tilework-data';
/** Written no more often; so much is lost of the count when a tab ends without a word. */
const METER_BYTES = 1024 * 1024;
/** A timer that was set before the machine slept may come late; so it looks again at least so often. */
const LONGEST_LOOK_MS = 60_000;

export interface ConductState {
  readonly settings: Settings;
  readonly conduct: Conduct;
  /** The visitor pressed Pause. */
  readonly byHand: boolean;
  /** Block bytes of this local day. */
  readonly dayBytes: number;
}

export interface ConductorOptions {
  readonly clock: Clock;
  readonly settings: ChosenSettings;
  /** As of now. */
  readonly signals: () => BrowserSignals;
  /** Does what was decided: see PageController.setLevels. */
  readonly apply: (levels: Partial<Levels>) => void;
  /** Where the day's data is counted over reloads. */
  readonly storage?: Kept | undefined;
}

/** What a contributor begins with that nobody has decided about yet. */
export function levelsOf(settings: Settings): Levels {
  const { intensity, memoryBytes, diskBytes, downBytesPerSecond, upBytesPerSecond } = settings;
  const rateCaps = { down: downBytesPerSecond, up: upBytesPerSecond };
  return { intensity, paused: false, memoryBytes, diskBytes, rateCaps };
}

export class Conductor {
  readonly #options: ConductorOptions;
  readonly #changes = new Emitter<ConductState>();
  #meter: DataMeter;
  #unwritten = 0;
  #moved = 0;
  #drift: number | undefined;
  #conduct: Conduct;
  #byHand = false;
  #cancelLook = (): void => {};

  constructor(options: ConductorOptions) {
    this.#options = options;
    this.#meter = this.#readMeter();
    this.#conduct = decide(options.settings.now, this.#signals());
    this.look();
  }

  get state(): ConductState {
    return {
      settings: this.#options.settings.now,
      conduct: this.#conduct,
      byHand: this.#byHand,
      dayBytes: dayBytes(this.#meter),
    };
  }

  onChange(listener: (state: ConductState) => void): () => void {
    return this.#changes.on(listener);
  }

  /** Takes effect at once, and is kept for the next visit. */
  change(change: Partial<Settings>): void {
    const { settings, apply } = this.#options;
    settings.change(change);
    const { memoryBytes, diskBytes, rateCaps } = levelsOf(settings.now);
    apply({ memoryBytes, diskBytes, rateCaps });
    this.look();
    this.#changes.emit(this.state);
  }

  hold(byHand: boolean): void {
    if (byHand === this.#byHand) return;
    this.#byHand = byHand;
    this.look();
    this.#changes.emit(this.state);
  }

  /** Work begins in this tab; until now another may have counted. */
  begin(): void {
    this.#byHand = false;
    this.#meter = this.#readMeter();
    this.look();
  }

  end(): void {
    this.#byHand = false;
    this.#drift = undefined;
    this.#writeMeter();
    this.look();
  }

  /** @param status - with totals of the whole visit */
  onStatus({ bytesDown, bytesUp, drift, stage }: ContributorStatus): void {
    const moved = bytesDown + bytesUp;
    this.#count(Math.max(0, moved - this.#moved));
    this.#moved = moved;
    if (stage !== 'stopped') this.#drift = drift;
    this.look();
  }

  /** Decides anew: the browser has said something, or time has passed. */
  readonly look = (): void => {
    const { settings, apply, clock } = this.#options;
    this.#count(0);
    const before = this.#conduct;
    const conduct = decide(settings.now, this.#signals(), before);
    this.#conduct = conduct;
    this.#cancelLook();
    const inMs = (conduct.nextLookMs ?? Infinity) - clock.now();
    this.#cancelLook = clock.after(Math.min(LONGEST_LOOK_MS, Math.max(0, inMs)), this.look);
    apply({ intensity: conduct.intensity, paused: this.#byHand || !conduct.run });
    if (!isSame(before, conduct)) this.#changes.emit(this.state);
  };

  stop(): void {
    this.#cancelLook();
    this.#writeMeter();
  }

  #signals(): BrowserSignals & { dayBytes: number; drift: number | undefined } {
    return { ...this.#options.signals(), dayBytes: dayBytes(this.#meter), drift: this.#drift };
  }

  #count(bytes: number): void {
    const { day } = localTime(this.#options.clock.now());
    this.#meter = countBytes(this.#meter, day, bytes);
    this.#unwritten += bytes;
    if (this.#unwritten >= METER_BYTES) this.#writeMeter();
  }

  #readMeter(): DataMeter {
    return parseMeter(readKept(this.#options.storage, METER_KEY));
  }

  #writeMeter(): void {
    if (this.#unwritten === 0) return;
    this.#unwritten = 0;
    keep(this.#options.storage, METER_KEY, serializeMeter(this.#meter));
  }
}

/** What anybody is shown of it. */
function isSame(a: Conduct, b: Conduct): boolean {
  if (a.run !== b.run || a.badge !== b.badge || a.intensity !== b.intensity) return false;
  return JSON.stringify(a.reasons) === JSON.stringify(b.reasons);
}
