/**
 * A new version of the page that waits, and taking it at a moment that costs nothing: the owner of the page calls
 * `take` when no lease is in flight. An open tab is never changed under somebody's hands.
 */
import type { Clock } from '../core/clock.ts';
import { attempt, type Listening, listen } from './browser-scope.ts';

/** What a waiting service worker is told: see service-worker.ts. */
export const TAKE_OVER = 'tilework-take-over';

/** A page that stays open for nights never navigates, which is when browsers look by themselves. */
const LOOK_MS = 3_600_000;
/** A worker that does not take over is left alone; the next visit gets the new version in any case. */
const TAKE_MS = 10_000;

export interface WorkerLike extends Listening {
  readonly state: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

export interface RegistrationLike extends Listening {
  readonly installing: WorkerLike | null;
  readonly waiting: WorkerLike | null;
  readonly active: WorkerLike | null;
  update(): Promise<unknown>;
}

export interface ServiceWorkersLike extends Listening {
  readonly controller: WorkerLike | null;
  register(url: string, options: { scope: string; updateViaCache: 'none' }): Promise<RegistrationLike>;
}

export interface UpdateWatch {
  /** A newer version is here and waits for `take`. */
  readonly waiting: boolean;
  /** Looks for one now. Never rejects. */
  look(): Promise<void>;
  /** Resolves to true when the new version serves this page: reload then. False when none waited or it did not come. */
  take(): Promise<boolean>;
  stop(): void;
}

export function watchUpdates(
  container: ServiceWorkersLike,
  registration: RegistrationLike,
  clock: Clock,
  onWaiting: () => void,
): UpdateWatch {
  const waits = (): boolean => registration.waiting !== null && registration.active !== null;
  const stops: (() => void)[] = [];
  const follow = (): void => {
    const { installing } = registration;
    if (!installing) return;
    const unlisten = listen(installing, ['statechange'], () => {
      if (installing.state === 'installing') return;
      unlisten();
      if (installing.state === 'installed' && waits()) onWaiting();
    });
    stops.push(unlisten);
  };
  stops.push(listen(registration, ['updatefound'], follow));
  follow();
  if (waits()) onWaiting();

  const look = async (): Promise<void> => {
    await attempt(() => registration.update());
  };
  let cancel = (): void => {};
  const tick = (): void => {
    cancel = clock.after(LOOK_MS, () => {
      void look();
      tick();
    });
  };
  tick();

  return {
    get waiting() {
      return waits();
    },
    look,
    take: () =>
      new Promise((resolve) => {
        const { waiting } = registration;
        if (!waiting || !waits()) return resolve(false);
        const end = (taken: boolean): void => {
          unlisten();
          late();
          resolve(taken);
        };
        const unlisten = listen(container, ['controllerchange'], () => end(true));
        const late = clock.after(TAKE_MS, () => end(false));
        waiting.postMessage(TAKE_OVER, []);
      }),
    stop() {
      cancel();
      for (const each of stops.splice(0)) each();
    },
  };
}
