/** Mains or battery, where the browser says so (Chromium). A desktop without a battery says: charging, full. */
import type { Battery } from '../contributor/signals.ts';
import { attempt, type BatteryLike, type BrowserScope, listen, type Watch } from './browser-scope.ts';

/** Undefined until the browser has answered, and where it never does. */
export function watchBattery(scope: BrowserScope, onChange: () => void): Watch<Battery | undefined> {
  let battery: BatteryLike | undefined;
  let stopped = false;
  let unlisten = (): void => {};
  void attempt(() => scope.navigator.getBattery?.()).then((found) => {
    if (!found || stopped) return;
    battery = found;
    unlisten = listen(found, ['chargingchange', 'levelchange'], onChange);
    onChange();
  });
  return {
    get current() {
      return battery && stateOf(battery);
    },
    stop() {
      stopped = true;
      battery = undefined;
      unlisten();
    },
  };
}

function stateOf({ charging, level }: BatteryLike): Battery | undefined {
  const known = typeof charging === 'boolean' && level >= 0 && level <= 1;
  return known ? { charging, level } : undefined;
}
