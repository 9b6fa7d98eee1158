/**
 * What happens to work when something happens to the page: sleep, a lost network, a freeze, a discard. Whatever the
 * cause, work goes on within 60 s of its going away, and what cannot be finished meanwhile is handed back.
 *
 * - frozen, leaving: leases go back by beacon. A page that comes back finishes them all the same: a result that comes
 *   late is welcome while its shard is open.
 * - resumed, restored, shown, online again, timers that stood still: the reconnect does not wait its turn.
 * - discarded: the reloaded page starts by itself; see consent.ts.
 */
import type { ContributorStatus } from '../contributor/api.ts';
import type { Clock } from '../core/clock.ts';
import { type BrowserScope, listen } from './browser-scope.ts';
import { type Consent, ConsentMemory } from './consent.ts';
import { returnLeases } from './lease-beacon.ts';
import type { PageMoment } from './visibility.ts';

export interface LifecycleActions {
  /** Reconnect now instead of later. */
  wake(): void;
  /** As if the visitor had pressed Start: they did, in this tab. */
  start(): void;
  stop(): void;
}

export interface LifecycleOptions {
  readonly scope: BrowserScope;
  readonly clock: Clock;
  readonly actions: LifecycleActions;
  /** Absolute URL of the coordinator's /v1/, once it is known. */
  readonly api: () => string | undefined;
}

export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #memory: ConsentMemory;
  readonly #unlisten: () => void;
  #status: ContributorStatus | undefined;
  #consent: Consent | undefined;

  /** Give its `onMoment` and `onSuspended` to watchSignals. */
  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#memory = new ConsentMemory(options.scope);
    this.#unlisten = listen(options.scope, ['online'], () => options.actions.wake());
  }

  /** Call it once, when the page is ready to start. True when it goes on with what was going on before. */
  begin(): boolean {
    const { clock, actions } = this.#options;
    this.#consent = this.#memory.resume(clock.now());
    if (!this.#consent) return false;
    this.#memory.remember(this.#consent);
    actions.start();
    return true;
  }

  /** The visitor pressed Start. */
  started(): void {
    this.#consent = { clickedMs: this.#options.clock.now(), peerId: undefined };
    this.#memory.remember(this.#consent);
  }

  /** The visitor pressed Stop, or work has ended by itself: a reload changes nothing about that. */
  ended(): void {
    this.#consent = undefined;
    this.#status = undefined;
    this.#memory.forget();
  }

  /** Before a reload that takes a new version. */
  reloading(): void {
    this.#memory.reloading();
  }

  onStatus(status: ContributorStatus): void {
    this.#status = status;
    const consent = this.#consent;
    if (!consent || status.peerId === undefined || consent.peerId === status.peerId) return;
    if (consent.peerId === undefined) {
      this.#consent = { ...consent, peerId: status.peerId };
      this.#memory.remember(this.#consent);
      return;
    }
    // The browser has forgotten the key that was agreed to: work under another one is the visitor's to start.
    this.ended();
    this.#options.actions.stop();
  }

  readonly onMoment = (moment: PageMoment): void => {
    if (moment === 'frozen' || moment === 'leaving') this.#handBack();
    else if (moment !== 'hidden') this.#options.actions.wake();
  };

  readonly onSuspended = (): void => {
    this.#options.actions.wake();
  };

  close(): void {
    this.#unlisten();
  }

  #handBack(): void {
    const { scope, api } = this.#options;
    const { peerId: contributor, leases = [] } = this.#status ?? {};
    const url = api();
    if (contributor !== undefined && url !== undefined) returnLeases(scope, url, { contributor, leases });
  }
}
