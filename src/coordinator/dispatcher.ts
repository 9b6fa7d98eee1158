/**
 * The meeting point of contributors, scheduler and verification. It holds no rules of its own about
 * who gets what (scheduler, standing) or what is right (verify): it carries their decisions out.
 */
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Link } from '../net/link.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { PROTOCOL_REVISION, PROTOCOL_VERSION } from '../protocol/limits.ts';
import type { FromContributor, Hello } from '../protocol/messages.ts';
import type { Database } from '../store/database.ts';
import { endLeases } from '../store/leases.ts';
import { pastRecord } from '../store/standing.ts';
import { contributorAccount } from '../ledger/accounts.ts';
import { balanceOf } from '../ledger/ledger.ts';
import type { Jobs } from './jobs.ts';
import type { DatabaseWatch } from './database-watch.ts';
import { Drain } from './drain.ts';
import type { Judge } from './judge.ts';
import { type EndedState, LeaseDesk, type LeaseDeskContext } from './lease-desk.ts';
import { LeasePump } from './lease-pump.ts';
import type { Metrics } from './metrics.ts';
import { PeerSession, receiveHello, receiveMessages } from './peer-session.ts';
import type { Profiles } from './profiles.ts';
import type { Restrictions } from './restrictions.ts';
import { ResultDesk } from './result-desk.ts';
import type { Scheduler } from './scheduler.ts';
import type { Serving } from './serving.ts';
import { type Moved, Traffic } from './traffic.ts';
import type { ActiveLease } from './work.ts';
import { DENY_MS, windowOf } from './standing.ts';

export interface DispatcherContext {
  readonly db: Database;
  readonly scheduler: Scheduler;
  readonly jobs: Jobs;
  readonly judge: Judge;
  readonly database: DatabaseWatch;
  readonly key: SigningKey;
  readonly network: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly serving: Serving;
  readonly profiles: Profiles;
  readonly restrictions: Pick<Restrictions, 'banOf'>;
  /** Sites that may embed the widget, by origin: others are not counted. */
  readonly embed: readonly string[];
  /** This process, where several share the network. */
  readonly coordinator?: string | undefined;
  /** How leases that are to be recorded gather. @default they do not wait */
  readonly gather?: LeaseDeskContext['gather'];
  /** A contributor has handed in what it brought along, and asks for its first lease. */
  readonly onArrival?: (contributor: string) => void;
  /** Somebody wants work, and there is none. */
  readonly onHunger?: () => void;
}

/** How often deadlines are looked at. */
const TICK_MS = 1000;

export class Dispatcher {
  readonly #context: DispatcherContext;
  readonly #desk: LeaseDesk;
  readonly #results: ResultDesk;
  readonly #sessions = new Map<string, PeerSession>();
  readonly #pump: LeasePump<PeerSession>;
  readonly #traffic = new Traffic();
  readonly #tasks = new Set<Promise<unknown>>();
  /** One for each link, as long as it lasts. */
  readonly #serving = new Set<Promise<unknown>>();
  readonly #drain: Drain;
  #stopTick: () => void = () => {};
  #closed = false;

  constructor(context: DispatcherContext) {
    this.#context = context;
    this.#desk = new LeaseDesk(context);
    this.#results = new ResultDesk({
      ...context,
      cancel: (leases, reason) => {
        this.#cancel(leases, reason);
      },
      track: (task) => {
        this.#track(task);
      },
    });
    this.#pump = new LeasePump({
      ...context,
      sessions: this.#sessions,
      mayLease: () => !this.#drain.started && !context.database.isAway,
      grant: (session, lease) => {
        session.wanted -= 1;
        session.toldIdle = false;
        this.#track(this.#grant(session, lease));
      },
      idle: (session) => {
        this.#idle(session);
      },
    });
    this.#drain = new Drain({
      ...context,
      busy: () => this.#tasks.size > 0,
      cancel: (leases, reason) => this.#cancel(leases, reason),
    });
    context.jobs.changes.on((change) => {
      if (change.type === 'created') this.#pump.run();
      if (change.type === 'revoked') this.#cancel(change.leases, 'the job has ended');
      if (change.type === 'superseded') this.#cancel(change.leases, 'somebody else was quicker');
    });
    this.#tick();
  }

  get contributors(): number {
    return this.#sessions.size;
  }

  /** Everybody who is connected, in the order in which they came. */
  sessions(): Iterable<PeerSession> {
    return this.#sessions.values();
  }

  /** Nobody gets a lease while it is true; leases that are out end as always. */
  get draining(): boolean {
    return this.#pump.draining;
  }

  set draining(draining: boolean) {
    this.#pump.draining = draining;
  }

  /** Bytes of blocks since the start. */
  get moved(): Moved {
    return this.#traffic.total(Array.from(this.#sessions.values(), ({ link }) => link));
  }

  /** There may be work for somebody who had none. */
  offer(): void {
    this.#pump.run();
  }

  /** Ends the connections of those who are banned by now; what they hold is open again. */
  turnOut(): void {
    for (const session of Array.from(this.#sessions.values())) {
      const reason = this.#context.restrictions.banOf(session.peer);
      if (reason === undefined) continue;
      this.#left(session);
      this.#track(session.banned(reason));
    }
  }

  /** Connected from frames on this site. */
  contributorsOn(site: string): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (session.hello.site === site) count += 1;
    return count;
  }

  /** Takes charge of a link until it ends. */
  onLink(link: Link, openedMs?: number): void {
    this.#track(this.#serve(link, openedMs), this.#serving);
  }

  /**
   * Leases that their holder hands back because its page may not run; what is not its own, or is committed, stays.
   * It gets no other before it says Ready again: it may stay connected, and silent, for a night.
   */
  takeBack(contributor: string, leases: readonly string[]): void {
    const { scheduler, log } = this.#context;
    const own = scheduler.leasesOf(contributor);
    const back = own.filter(({ id, committed }) => !committed && leases.includes(id));
    if (back.length === 0) return;
    const session = this.#sessions.get(contributor);
    if (session) session.wanted = 0;
    scheduler.setHungry(contributor, false);
    for (const { id } of back) scheduler.release(id);
    this.#end(back, 'declined');
    log.info({ peer: contributor, leases: back.length }, 'leases handed back');
    this.#pump.run();
  }

  /** See Drain. */
  drain(limitMs: number): Promise<number> {
    return this.#drain.run(limitMs, this.#sessions.values());
  }

  /** Stops leasing and waits for what is in progress. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTick();
    this.#pump.close();
    while (this.#tasks.size + this.#serving.size > 0)
      await Promise.allSettled([...this.#tasks, ...this.#serving]);
  }

  async #serve(link: Link, openedMs?: number): Promise<void> {
    const { clock, log, metrics } = this.#context;
    let session: PeerSession | undefined;
    try {
      session = await this.#admit(link, await receiveHello(link, clock, openedMs));
      await receiveMessages(link, clock, (message) => {
        this.#handle(session!, message);
      });
    } catch (thrown) {
      const error = toAppError(thrown);
      if (isAppError(error, 'bad-frame', 'too-large', 'timeout'))
        metrics.badPeers.inc({ reason: error.code });
      log.info({ peer: link.peer, code: error.code, error: error.message }, 'contributor dropped');
    } finally {
      await link.close();
      if (session) this.#left(session);
    }
  }

  #left(session: PeerSession): void {
    if (!this.#isCurrent(session)) return;
    const { scheduler, log } = this.#context;
    this.#sessions.delete(session.peer);
    this.#traffic.ended(session.link);
    this.#end(scheduler.leave(session.peer), 'declined');
    log.info({ peer: session.peer }, 'contributor left');
    this.#pump.run();
  }

  /** False for one that has left or was replaced, though its last messages may still arrive. */
  #isCurrent(session: PeerSession): boolean {
    return this.#sessions.get(session.peer) === session;
  }

  async #admit(link: Link, hello: Hello): Promise<PeerSession> {
    const { db, clock, scheduler, network, log, restrictions } = this.#context;
    const now = clock.now();
    const [standing, balance] = await Promise.all([
      pastRecord(db, link.peer, now - DENY_MS),
      balanceOf(db, contributorAccount(link.peer)),
    ]);
    const session = new PeerSession(link, hello, standing, now);
    const reason = restrictions.banOf(session.peer);
    if (reason !== undefined) {
      await session.banned(reason);
      throw new AppError('banned', 'this contributor is banned');
    }
    const older = this.#sessions.get(link.peer);
    this.#sessions.set(link.peer, session);
    if (older) {
      this.#traffic.ended(older.link);
      this.#end(scheduler.leave(link.peer), 'declined');
      const text = 'This contributor has connected from elsewhere, perhaps another tab.';
      void older.notice('replaced', text).then(() => older.link.close());
    }
    this.#context.serving.admit(link.peer);
    scheduler.join(link.peer, hello);
    log.info({ peer: link.peer, client: hello.client }, 'contributor joined');
    const window = windowOf(standing);
    await session.send({
      type: 'welcome',
      version: PROTOCOL_VERSION,
      network,
      window,
      balanceMicrocredits: balance,
      revision: PROTOCOL_REVISION,
    });
    this.#drain.greet(session);
    return session;
  }

  #handle(session: PeerSession, message: FromContributor): void {
    const { scheduler, clock } = this.#context;
    if (!this.#isCurrent(session)) return;
    session.seenMs = clock.now();
    switch (message.type) {
      case 'hello':
        // Greeted already: the visitor has chosen other projects.
        scheduler.choose(session.peer, message.projects);
        session.toldIdle = false;
        this.#pump.run(session);
        return;
      case 'ready':
        if (!session.hasArrived) this.#context.onArrival?.(session.peer);
        session.hasArrived = true;
        session.asked(message.leases, clock.now());
        session.testing = false;
        scheduler.setHungry(session.peer, message.leases > 0 && !session.finishing);
        scheduler.receives(session.peer, message.downBytesPerSecond ?? 0);
        this.#pump.run(session);
        return;
      case 'progress':
        scheduler.evicted(session.peer, message.evicted.length);
        return;
      case 'commit': {
        const judged = session.claim();
        const open = this.#results.take(session, message).finally(judged);
        this.#track(open.then((stays) => stays && this.#pump.run(session)));
        return;
      }
      case 'decline':
        this.#track(this.#declined(session, message.lease, message.code));
        return;
      case 'set-profile':
        this.#track(this.#context.profiles.set(session, message.envelope));
        return;
      case 'goodbye':
        session.finishing = true;
        scheduler.setHungry(session.peer, false);
        if (message.finish) return;
        this.#left(session);
        void session.link.close();
    }
  }

  async #declined(session: PeerSession, id: string, code: string): Promise<void> {
    const { scheduler, clock, log, jobs } = this.#context;
    const lease = scheduler.lease(id);
    if (lease?.peer !== session.peer) return;
    log.info({ peer: session.peer, lease: id, code }, 'lease declined');
    session.failed(clock.now());
    session.tally.failed += 1;
    scheduler.release(id);
    this.#end([lease], 'declined');
    if (code === 'not-found') await jobs.checkStrips(lease.job.id, lease.rect);
    this.#pump.run(session);
  }

  /** What cannot be recorded is not leased: its cells are open again, and who wanted it still wants work. */
  async #grant(session: PeerSession, lease: ActiveLease): Promise<void> {
    const { scheduler, clock, db } = this.#context;
    try {
      await this.#desk.grant(session, lease);
      // One that ended while it was being recorded was not there to be ended.
      if (!scheduler.lease(lease.id)) await endLeases(db, [lease.id], 'declined', clock.now());
    } catch (error) {
      if (scheduler.release(lease.id)) session.wanted += 1;
      session.failed(clock.now());
      throw error;
    }
  }

  #idle(session: PeerSession): void {
    const { scheduler, clock, onHunger } = this.#context;
    if (!this.draining && session.room(scheduler.held(session.peer), clock.now()) > 0) onHunger?.();
    session.askedMs = undefined;
    if (session.toldIdle || scheduler.heldBy(session.peer) > 0) return;
    session.toldIdle = true;
    void session.notice('idle', 'Nothing to compute at the moment.');
  }

  #cancel(leases: readonly ActiveLease[], reason: string): void {
    this.#track(this.#desk.cancel(leases, reason, (peer) => this.#sessions.get(peer)));
  }

  #end(leases: readonly ActiveLease[], state: EndedState): void {
    this.#track(this.#desk.end(leases, state));
  }

  #tick(): void {
    const { clock, scheduler } = this.#context;
    this.#stopTick = clock.after(TICK_MS, () => {
      if (this.#closed) return;
      // A late result is still welcome, so nobody is told to stop.
      this.#end(scheduler.expire(clock.now()), 'expired');
      if (!this.#context.database.isAway) this.#track(this.#context.jobs.endDue());
      this.#pump.run();
      this.#tick();
    });
  }

  #track(task: Promise<unknown>, among: Set<Promise<unknown>> = this.#tasks): void {
    const tracked: Promise<unknown> = task
      .catch((thrown: unknown) => {
        const error: AppError = toAppError(thrown);
        if (this.#context.database.suspect(thrown)) return;
        this.#context.log.error({ error: error.message, stack: error.stack }, 'the dispatcher failed');
      })
      .finally(() => {
        among.delete(tracked);
        this.#drain.look();
      });
    among.add(tracked);
  }
}
