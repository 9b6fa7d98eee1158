/**
 * How hard this machine works already, by Compute Pressure (Chromium). A page is told of changes only, and only while
 * it is in front: what was 'critical' when the visitor turned away would stay so all night. So it is asked anew when
 * the tab comes back and once a minute, and what nobody confirms is forgotten.
 */
import type { Pressure } from '../contributor/signals.ts';
import type { Clock } from '../core/clock.ts';
import {
  attempt,
  type BrowserScope,
  listen,
  type PressureObserverLike,
  type Watch,
} from './browser-scope.ts';

const STATES = ['nominal', 'fair', 'serious', 'critical'] as const satisfies readonly Pressure[];

const SAMPLE_MS = 2_000;
const CONFIRM_MS = 60_000;
/** In which a new observer says its first word: two samples and a bit. */
const ANSWER_MS = 5_000;

/** Undefined where the API is absent, refuses, or has said nothing for a minute. */
export function watchPressure(
  scope: BrowserScope,
  clock: Clock,
  onChange: () => void,
): Watch<Pressure | undefined> {
  const { PressureObserver: Observer, document } = scope;
  let observer: PressureObserverLike | undefined;
  let pressure: Pressure | undefined;
  let cancel = (): void => {};

  const told = (next: Pressure | undefined): void => {
    if (next === pressure) return;
    pressure = next;
    onChange();
  };
  const hang = (): void => {
    cancel();
    observer?.disconnect();
    observer = undefined;
  };
  const observe = (): void => {
    hang();
    if (!Observer || document.visibilityState !== 'visible') return told(undefined);
    void attempt(() => {
      const made = new Observer((records) => {
        if (observer !== made) return;
        const state = STATES.find((each) => each === records.at(-1)?.state);
        cancel();
        cancel = clock.after(CONFIRM_MS, observe);
        told(state);
      });
      observer = made;
      return made.observe('cpu', { sampleInterval: SAMPLE_MS });
    });
    // Refused, or not in front: silence is all that comes. Asked again a minute later.
    cancel = clock.after(ANSWER_MS, () => {
      cancel = clock.after(CONFIRM_MS, observe);
      told(undefined);
    });
  };

  const unlisten = Observer ? listen(document, ['visibilitychange'], observe) : () => {};
  if (Observer) observe();
  return {
    get current() {
      return pressure;
    },
    stop() {
      unlisten();
      hang();
      pressure = undefined;
    },
  };
}
