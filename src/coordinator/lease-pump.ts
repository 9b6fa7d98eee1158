/**
 * Offers work to those who want some. Whoever has just made room is asked at once. So is everybody while they are few;
 * a crowd is asked ten times a second at most, or each of its events would cost as much as all of its members.
 */
import type { Clock } from '../core/clock.ts';
import type { PeerSession } from './peer-session.ts';
import type { Scheduler } from './scheduler.ts';
import { pauseLeft } from './standing.ts';
import type { ActiveLease } from './work.ts';

type Asked = Pick<PeerSession, 'peer' | 'standing' | 'room'>;

export interface LeasePumpContext<Session extends Asked> {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly scheduler: Pick<Scheduler, 'held' | 'next'>;
  readonly clock: Clock;
  /** False while nobody is to be given anything; call `run` when that changes. */
  readonly mayLease: () => boolean;
  readonly grant: (session: Session, lease: ActiveLease) => void;
  /** There is nothing for it now. */
  readonly idle: (session: Session) => void;
}

/** Asking so many takes less than a millisecond. */
const FEW = 64;
const ROUND_MS = 100;

export class LeasePump<Session extends Asked> {
  readonly #context: LeasePumpContext<Session>;
  /** Asked in the next turn. */
  readonly #eager = new Set<Session>();
  #everybody = false;
  #scheduled = false;
  /** When everybody was asked last. */
  #roundMs = -Infinity;
  #cancelRound: (() => void) | undefined;
  #draining = false;
  #closed = false;

  constructor(context: LeasePumpContext<Session>) {
    this.#context = context;
  }

  /** No new leases while it is true; what is leased goes on. */
  get draining(): boolean {
    return this.#draining;
  }

  set draining(draining: boolean) {
    this.#draining = draining;
    if (!draining) this.run();
  }

  /** Something has changed, for this one first. Calls of one turn are folded into one round. */
  run(first?: Session): void {
    const { sessions, clock } = this.#context;
    if (this.#closed) return;
    if (first) this.#eager.add(first);
    const waitMs = sessions.size <= FEW ? 0 : this.#roundMs + ROUND_MS - clock.now();
    if (waitMs <= 0) this.#everybody = true;
    else this.#cancelRound ??= clock.after(waitMs, () => this.#all());
    this.#soon();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRound?.();
  }

  #all(): void {
    this.#everybody = true;
    this.#soon();
  }

  #soon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#round();
    });
  }

  #round(): void {
    const { sessions, clock, mayLease } = this.#context;
    if (!mayLease()) return;
    let asked = Array.from(this.#everybody ? sessions.values() : this.#eager);
    if (this.#everybody) {
      this.#roundMs = clock.now();
      this.#cancelRound?.();
      this.#cancelRound = undefined;
    }
    this.#everybody = false;
    this.#eager.clear();
    // One lease each in turn, so that one quick contributor does not take everything first.
    while (asked.length > 0) asked = asked.filter((session) => this.#offer(session));
  }

  /** True when it took a lease, and may take another. */
  #offer(session: Session): boolean {
    const { sessions, scheduler, clock, grant, idle } = this.#context;
    const now = clock.now();
    if (sessions.get(session.peer) !== session) return false;
    if (session.room(scheduler.held(session.peer), now) === 0) return false;
    if (pauseLeft(session.standing, now) > 0) return false;
    const lease = this.#draining ? undefined : scheduler.next(session.peer, now);
    if (lease) grant(session, lease);
    else idle(session);
    return lease !== undefined;
  }
}
