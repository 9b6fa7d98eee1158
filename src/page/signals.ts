/** Everything that the browser tells about the moment, as plain data: what the policy decides by. */
import { localTime } from '../contributor/data-meter.ts';
import type { Signals } from '../contributor/signals.ts';
import type { Clock } from '../core/clock.ts';
import { watchBattery } from './battery.ts';
import type { BrowserScope } from './browser-scope.ts';
import { IdleWatch } from './idle.ts';
import { watchTimers } from './late-timers.ts';
import { watchNetwork } from './network-signals.ts';
import { watchPressure } from './pressure.ts';
import { type PageMoment, watchVisibility } from './visibility.ts';

/** The policy's signals but for what only the contributor knows. Undefined is what this browser cannot say. */
export type BrowserSignals = Required<Omit<Signals, 'drift' | 'dayBytes'>>;

export interface SignalsOptions {
  /** After so long without a touch nobody uses the computer. @default a minute, the least that there is */
  readonly idleMs?: number | undefined;
  /** What happens to the page itself: see lifecycle.ts. */
  readonly onMoment?: ((moment: PageMoment) => void) | undefined;
  /** The machine slept, or the page was held, for so long. */
  readonly onSuspended?: ((ms: number) => void) | undefined;
}

export interface SignalsWatch {
  /** As of now. */
  readonly current: BrowserSignals;
  /** Whether this browser can tell at all if somebody uses the computer. */
  readonly canDetectIdle: boolean;
  /** Call it in a click: the browser asks its user. False where that is not to be had. Never rejects. */
  askIdle(): Promise<boolean>;
  setIdleMs(ms: number): void;
  /** Takes every listener and timer away. */
  stop(): void;
}

export function watchSignals(
  scope: BrowserScope,
  clock: Clock,
  onChange: (signals: BrowserSignals) => void,
  { idleMs, onMoment, onSuspended }: SignalsOptions = {},
): SignalsWatch {
  let stopped = false;
  const changed = (): void => {
    if (!stopped) onChange(read());
  };
  const battery = watchBattery(scope, changed);
  const idle = new IdleWatch(scope, changed, idleMs);
  const network = watchNetwork(scope, changed);
  const visibility = watchVisibility(scope, (moment) => {
    onMoment?.(moment);
    changed();
  });
  const timers = watchTimers(clock, () => {
    const { suspendedMs } = timers.current;
    if (suspendedMs !== undefined) onSuspended?.(suspendedMs);
    changed();
  });
  const pressure = watchPressure(scope, clock, changed);

  function read(): BrowserSignals {
    const nowMs = clock.now();
    return {
      nowMs,
      minuteOfDay: localTime(nowMs).minuteOfDay,
      battery: battery.current,
      ...idle.current,
      pressure: pressure.current,
      saveData: network.current.saveData,
      metered: network.current.metered,
      hidden: visibility.current.hidden,
      throttledTimers: timers.current.throttled,
      online: network.current.online,
    };
  }

  return {
    get current() {
      return read();
    },
    canDetectIdle: idle.supported,
    askIdle: () => idle.ask(),
    setIdleMs: (ms) => {
      idle.setThreshold(ms);
    },
    stop() {
      stopped = true;
      for (const watch of [battery, idle, network, visibility, timers, pressure]) watch.stop();
    },
  };
}
