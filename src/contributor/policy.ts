/**
 * What to do, given what the visitor chose and what the browser says. Pure: whoever calls says what time it is, and
 * gives back the last decision, in which is kept what must not be forgotten.
 *
 * It pauses at once and goes on late: each cause must be gone for a while (HOLD_MS, idleMinutes, heat.ts), and a
 * battery must be MARGIN above its floor, so that nothing flaps. What only the clock decides needs no such wait.
 */
import { LEAST_INTENSITY } from './api.ts';
import { COOL, type HeatState, heatStep, nextHeatMs } from './heat.ts';
import { midnightMs, slotOf } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { Signals } from './signals.ts';

/** Why it pauses, with what a sentence about it needs. */
export type PauseReason =
  | { readonly kind: 'on-battery' }
  | { readonly kind: 'battery-low'; readonly floor: number; readonly level: number }
  | { readonly kind: 'quiet-hours'; readonly untilMs: number }
  | {
      readonly kind: 'data-cap';
      readonly usedBytes: number;
      readonly capBytes: number;
      readonly untilMs: number;
    }
  | { readonly kind: 'metered' }
  /** `untilMs` once nobody uses it any more. */
  | { readonly kind: 'in-use'; readonly idleMinutes: number; readonly untilMs: number | undefined }
  | { readonly kind: 'very-hot' };

/** Why it does less than all it could. */
export type LessReason =
  | { readonly kind: 'hot'; readonly share: number; readonly seenBy: 'pressure' | 'speed' }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'offline' }
  /** The visitor's own choice. */
  | { readonly kind: 'intensity'; readonly share: number };

export type Reason = PauseReason | LessReason;

export type Badge = 'full-power' | 'reduced' | 'throttled' | 'paused';

export interface Conduct {
  readonly run: boolean;
  /** For setIntensity, 0.05…1; while it does not run, what it will begin with. */
  readonly intensity: number;
  /** Never empty, but for full power; while it does not run, only what it waits for. */
  readonly reasons: readonly Reason[];
  /** When the clock alone may change the decision. */
  readonly nextLookMs: number | undefined;
  readonly badge: Badge;
  /** For the next decision. */
  readonly kept: Kept;
}

interface Kept {
  readonly heat: HeatState;
  /** When each cause that has not been gone for long enough was last there. */
  readonly seenMs: Readonly<Partial<Record<Cause, number>>>;
}

type Cause = 'on-battery' | 'battery-low' | 'metered' | 'in-use';

/** Longer than a plug or a weak network flickers. */
const HOLD_MS = 30_000;
/** A battery that recovers by itself when the load is gone does so by a few per cent. */
const MARGIN = 0.05;

export function decide(settings: Settings, signals: Signals, previous?: Conduct): Conduct {
  const { nowMs } = signals;
  const heat = heatStep(settings.heat, signals, previous?.kept.heat ?? COOL);
  const { seenMs, pauses, looksMs } = heldCauses(settings, signals, previous?.kept.seenMs ?? {});
  const slot = slotOf(settings.schedule, signals);
  if (!slot.works) pauses.push({ kind: 'quiet-hours', untilMs: slot.untilMs! });
  const { dailyDataBytes: capBytes } = settings;
  if (capBytes !== undefined && signals.dayBytes >= capBytes) {
    const untilMs = midnightMs(signals);
    pauses.push({ kind: 'data-cap', usedBytes: signals.dayBytes, capBytes, untilMs });
    looksMs.push(untilMs);
  }
  if (heat.paused) pauses.push({ kind: 'very-hot' });
  const run = pauses.length === 0;
  const less = lessReasons(settings, signals, heat);
  const looks = [...looksMs, slot.untilMs, nextHeatMs(settings.heat, signals, heat)];
  const nextLookMs = Math.min(...looks.filter((ms) => ms !== undefined && ms > nowMs).map(Number));
  return {
    run,
    intensity: Math.max(LEAST_INTENSITY, settings.intensity * heat.share),
    reasons: run ? less : pauses,
    nextLookMs: nextLookMs === Infinity ? undefined : nextLookMs,
    badge: run ? badgeOf(less) : 'paused',
    kept: { heat, seenMs },
  };
}

/** Causes that are there, or have not been gone for long enough. */
function heldCauses(
  settings: Settings,
  signals: Signals,
  before: Kept['seenMs'],
): { seenMs: Kept['seenMs']; pauses: PauseReason[]; looksMs: number[] } {
  const { nowMs, battery, userActive, screenLocked, metered, saveData } = signals;
  const { batteryFloor: floor, idleMinutes } = settings;
  const discharging = battery !== undefined && !battery.charging;
  const level = battery?.level ?? 1;
  const enough = floor + (before['battery-low'] === undefined ? 0 : MARGIN);
  const counted = metered === true || saveData === true;
  const seenMs: Partial<Record<Cause, number>> = {};
  const pauses: PauseReason[] = [];
  const looksMs: number[] = [];
  const hold = (
    cause: Cause,
    { chosen, there, ms }: { chosen: boolean; there: boolean; ms: number },
    reason: (untilMs: number | undefined) => PauseReason,
  ): void => {
    // A clock that was set back must not make it wait for longer than from now on.
    const seen = there ? nowMs : Math.min(nowMs, before[cause] ?? -Infinity);
    if (!chosen || nowMs - seen >= ms) return;
    seenMs[cause] = seen;
    if (!there) looksMs.push(seen + ms);
    pauses.push(reason(there ? undefined : seen + ms));
  };
  hold('on-battery', { chosen: settings.onlyOnMains, there: discharging, ms: HOLD_MS }, () => ({
    kind: 'on-battery',
  }));
  const low = { chosen: floor > 0, there: discharging && level < enough, ms: HOLD_MS };
  hold('battery-low', low, () => ({ kind: 'battery-low', floor, level }));
  hold('metered', { chosen: !settings.onMetered, there: counted, ms: HOLD_MS }, () => ({ kind: 'metered' }));
  const used = {
    chosen: settings.pauseWhileInUse,
    there: userActive === true && screenLocked !== true,
    ms: idleMinutes * 60_000,
  };
  hold('in-use', used, (untilMs) => ({ kind: 'in-use', idleMinutes, untilMs }));
  return { seenMs, pauses, looksMs };
}

function lessReasons({ intensity }: Settings, signals: Signals, { share }: HeatState): LessReason[] {
  const reasons: LessReason[] = [];
  if (signals.throttledTimers) reasons.push({ kind: 'throttled' });
  if (!signals.online) reasons.push({ kind: 'offline' });
  const seenBy = signals.pressure === undefined ? 'speed' : 'pressure';
  if (share < 1) reasons.push({ kind: 'hot', share, seenBy });
  if (intensity < 1) reasons.push({ kind: 'intensity', share: intensity });
  return reasons;
}

function badgeOf(reasons: readonly LessReason[]): Badge {
  if (reasons.some(({ kind }) => kind === 'throttled')) return 'throttled';
  return reasons.length > 0 ? 'reduced' : 'full-power';
}
