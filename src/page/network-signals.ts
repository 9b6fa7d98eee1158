/** What the browser says of its network: whether there is one, whether it costs, whether its user wants to save. */
import { type BrowserScope, listen, type Watch } from './browser-scope.ts';

export interface NetworkSignals {
  /** False is certain, true is not: see navigator.onLine. */
  readonly online: boolean;
  /** Undefined where the browser cannot say. */
  readonly saveData: boolean | undefined;
  /** A mobile network, which is as much as any browser tells about cost. */
  readonly metered: boolean | undefined;
}

const METERED: Readonly<Record<string, boolean>> = {
  cellular: true,
  wimax: true,
  ethernet: false,
  wifi: false,
};

export function watchNetwork(scope: BrowserScope, onChange: () => void): Watch<NetworkSignals> {
  const { navigator } = scope;
  const { connection } = navigator;
  const stops = [listen(scope, ['online', 'offline'], onChange), listen(connection, ['change'], onChange)];
  return {
    get current() {
      const { saveData, type } = connection ?? {};
      return {
        online: navigator.onLine !== false,
        saveData: typeof saveData === 'boolean' ? saveData : undefined,
        metered: type === undefined ? undefined : METERED[type],
      };
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
