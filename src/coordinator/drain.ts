/** How a coordinator comes to its end without anybody's work being lost. */
import type { Clock } from '../core/clock.ts';
import type { PeerSession } from './peer-session.ts';
import type { Scheduler } from './scheduler.ts';
import type { ActiveLease } from './work.ts';

export interface DrainContext {
  readonly scheduler: Pick<Scheduler, 'leases' | 'release'>;
  readonly clock: Clock;
  /** Something is being granted, judged or written down. */
  readonly busy: () => boolean;
  readonly cancel: (leases: readonly ActiveLease[], reason: string) => void;
}

type Told = Pick<PeerSession, 'notice'>;

/** A contributor that heeds it comes back then; one that does not finds us or not, and tries again. */
const GO_AWAY_MS = 5000;
const GO_AWAY =
  'The coordinator is about to restart. It takes what is being computed, and will be back in a moment.';

export class Drain {
  readonly #context: DrainContext;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(context: DrainContext) {
    this.#context = context;
  }

  /** Nobody is given a lease any more. */
  get started(): boolean {
    return this.#drained !== undefined;
  }

  /**
   * Tells everybody, and takes the results of what is under way, for `limitMs` at most. Then the rest is handed back,
   * so that it need not wait for its deadline; its results still count when they come later.
   * @returns how many leases were handed back
   */
  async run(limitMs: number, sessions: Iterable<Told>): Promise<number> {
    const { scheduler, clock, cancel } = this.#context;
    this.#drained ??= Promise.withResolvers();
    for (const session of sessions) this.greet(session);
    this.look();
    const stop = clock.after(limitMs, this.#drained.resolve);
    await this.#drained.promise;
    stop();
    // A committed one has been computed: its result comes again.
    const rest = scheduler.leases().filter(({ committed }) => !committed);
    for (const { id } of rest) scheduler.release(id);
    cancel(rest, 'the coordinator stops');
    return rest.length;
  }

  /** To somebody who comes while it drains. */
  greet(session: Told): void {
    if (this.started) void session.notice('go-away', GO_AWAY, { retryAfterMs: GO_AWAY_MS });
  }

  /** Something has ended: that may have been the last. */
  look(): void {
    if (!this.#context.busy() && this.#context.scheduler.leases().length === 0) this.#drained?.resolve();
  }
}
