/**
 * How much less to do because the machine is hot: quickly down, slowly up. Where the browser tells of pressure that
 * counts; where it does not, shards that take longer than they did say the same, less surely, and so do less.
 */
import type { Heat } from './settings.ts';
import type { Pressure, Signals } from './signals.ts';

export interface HeatState {
  /** Of the intensity that was chosen, 0…1. */
  readonly share: number;
  readonly paused: boolean;
  /** When it was last hot, and when `share` or `paused` last changed. */
  readonly hotMs: number;
  readonly stepMs: number;
}

export const COOL: HeatState = { share: 1, paused: false, hotMs: -Infinity, stepMs: -Infinity };

/** A step takes this long to show in the temperature. */
const STEP_MS = 30_000;
/** Drift is known after a few more shards, of up to a minute each. */
const DRIFT_STEP_MS = 2 * 60_000;
/** Cool for so long before each step up: one that was too early would be heard as a fan that comes and goes. */
const RECOVER_MS = 2 * 60_000;
const LEAST_SHARE = 1 / 8;
/** After a pause it begins again with this. */
const SHARE_AFTER_PAUSE = 1 / 4;
/** Slower shards may have other reasons than heat, so drift alone takes a half at most and never pauses. */
const LEAST_SHARE_BY_DRIFT = 1 / 2;

const LEVELS: readonly Pressure[] = ['nominal', 'fair', 'serious', 'critical'];
/** From which level on less is done, from which nothing, and below which share of the best speed less. */
const LIMITS: Readonly<Record<Exclude<Heat, 'off'>, { less: Pressure; none: Pressure; drift: number }>> = {
  normal: { less: 'serious', none: 'critical', drift: 0.6 },
  careful: { less: 'fair', none: 'serious', drift: 0.75 },
};

interface Reading {
  readonly hot: boolean;
  readonly pause: boolean;
  readonly factor: number;
  readonly least: number;
  readonly everyMs: number;
}

export function heatStep(heat: Heat, signals: Signals, before: HeatState): HeatState {
  if (heat === 'off') return COOL;
  const { nowMs: now } = signals;
  const { hot, pause, factor, least, everyMs } = read(heat, signals);
  // A clock that was set back must not make waits of seconds last for hours.
  const hotMs = hot ? now : Math.min(now, before.hotMs);
  const stepMs = Math.min(now, before.stepMs);
  const { share, paused } = before;
  if (pause && !paused)
    return { share: Math.min(share, SHARE_AFTER_PAUSE), paused: true, hotMs, stepMs: now };
  if (hot) {
    const less = Math.max(least, share * factor);
    const step = !paused && less < share && now - stepMs >= everyMs;
    return step ? { share: less, paused, hotMs, stepMs: now } : { share, paused, hotMs, stepMs };
  }
  if ((!paused && share === 1) || now - Math.max(hotMs, stepMs) < RECOVER_MS) {
    return { share, paused, hotMs, stepMs };
  }
  return { share: paused ? share : Math.min(1, 2 * share), paused: false, hotMs, stepMs: now };
}

/** When the same signals would come to something else; undefined: never. */
export function nextHeatMs(heat: Heat, signals: Signals, state: HeatState): number | undefined {
  if (heat === 'off') return undefined;
  const { hot, factor, least, everyMs } = read(heat, signals);
  const { share, paused, hotMs, stepMs } = state;
  if (hot) {
    return !paused && Math.max(least, share * factor) < share ? stepMs + everyMs : undefined;
  }
  return paused || share < 1 ? Math.max(hotMs, stepMs) + RECOVER_MS : undefined;
}

function read(heat: Exclude<Heat, 'off'>, { pressure, drift }: Signals): Reading {
  const { less, none, drift: slow } = LIMITS[heat];
  if (pressure !== undefined) {
    const level = LEVELS.indexOf(pressure);
    const hot = level >= LEVELS.indexOf(less);
    const pause = level >= LEVELS.indexOf(none);
    return { hot, pause, factor: 1 / 2, least: LEAST_SHARE, everyMs: STEP_MS };
  }
  const hot = drift !== undefined && drift < slow;
  return { hot, pause: false, factor: 3 / 4, least: LEAST_SHARE_BY_DRIFT, everyMs: DRIFT_STEP_MS };
}
