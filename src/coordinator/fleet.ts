/**
 * The coordinators of one network: one key, one PostgreSQL, one block store, any number of processes. Each tells the
 * others by heartbeat that it lives and what it carries; notices wake them, and what a notice missed is read with the
 * next heartbeat.
 */
import { coalesced } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type CoordinatorState, beat, forgetCoordinator, livingCoordinators } from '../store/coordinators.ts';
import type { Database } from '../store/database.ts';
import { type Notice, Notices } from '../store/notices.ts';
import { giveBackAll } from '../store/plots.ts';
import { JobMirror } from './job-mirror.ts';
import type { Jobs } from './jobs.ts';
import { LogFeed } from './log-feed.ts';
import { parseReturn } from './http-leases.ts';
import { PlotDesk } from './plot-desk.ts';
import type { Scheduler } from './scheduler.ts';

export interface FleetTiming {
  readonly beatMs: number;
  /** A coordinator whose last heartbeat is older is dead. */
  readonly deadMs: number;
}

export const FLEET_TIMING: FleetTiming = { beatMs: 2000, deadMs: 10_000 };
/** Settlements of such a while are one notice, and so are jobs that begin or end. */
const SETTLED_MS = 50;
const JOBS_MS = 10;
/** A coordinator whose contributors wait for work says so this often. */
const HUNGRY_MS = 1000;
/** Results that a contributor brings along are being judged by then. */
const ARRIVAL_MS = 500;

export interface FleetContext {
  readonly db: Database;
  /** Of PostgreSQL. */
  readonly databaseUrl: string;
  /** Of this process. */
  readonly id: string;
  readonly jobs: Jobs;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timing: FleetTiming;
  /** What of the log is known here; see `LogFeed`. */
  readonly leaves: number;
  readonly self: () => Omit<CoordinatorState, 'id'>;
  /** Results that are being judged, by their leases. */
  readonly judging: () => readonly string[];
  /** There is more to lease out than before. */
  readonly onWork: () => void;
  /** An operator has decided something at another coordinator. */
  readonly onDecision: () => Promise<void>;
  /** A page that another coordinator served hands leases back. */
  readonly onReturn: (contributor: string, leases: readonly string[]) => void;
  /** A token was revoked at another coordinator. */
  readonly onRevoked: (token: string) => void;
}

export class Fleet {
  readonly #context: FleetContext;
  readonly #notices: Notices;
  readonly #desk: PlotDesk;
  readonly #feed: LogFeed;
  readonly #round: () => Promise<void>;
  readonly #sync: () => Promise<void>;
  readonly #cancels = new Map<string, () => void>();
  #living: readonly CoordinatorState[] = [];
  #isHungry = false;
  #isAsked = false;
  #toldHungryMs = -Infinity;
  #failing = false;
  #closed = false;

  constructor(context: FleetContext) {
    this.#context = context;
    const { db, id, jobs, leaves } = context;
    this.#notices = new Notices({ ...context, url: context.databaseUrl });
    this.#desk = new PlotDesk(context);
    const mirror = new JobMirror(context);
    this.#feed = new LogFeed(db, id, leaves, (settled) => mirror.settled(settled));
    this.#round = coalesced(() => this.#share());
    this.#sync = coalesced(() => mirror.sync());
    this.#notices.heard.on((notice) => {
      this.#heard(notice);
    });
    jobs.changes.on(({ type }) => {
      if (type === 'created') void this.#guard(this.#round);
      if (type === 'created' || type === 'ended') {
        this.#once('jobs', JOBS_MS, () => {
          this.tell('jobs');
        });
      }
    });
    jobs.verified.on(({ isHere }) => {
      if (isHere) {
        this.#once('settled', SETTLED_MS, () => {
          this.tell('settled');
        });
      }
    });
  }

  /** The other coordinators that live, by their last heartbeats. */
  get others(): readonly CoordinatorState[] {
    return this.#living.filter(({ id }) => id !== this.#context.id);
  }

  /** Tells the others that this one is there, and takes part from now on. @throws what the database throws */
  async open(): Promise<void> {
    await this.#beat();
    await this.#notices.open();
    await this.#turn();
    this.tell('plots');
    this.#tick();
  }

  /** Its contributors wait for work and there is none for them here. */
  hungry(): void {
    if (this.others.length === 0) return;
    this.#once('hungry', Math.max(0, this.#toldHungryMs + HUNGRY_MS - this.#context.clock.now()), () => {
      this.#toldHungryMs = this.#context.clock.now();
      this.#isHungry = true;
      void this.#guard(async () => {
        await this.#beat();
        await this.#round();
        this.tell('plots', { hungry: true });
      });
    });
  }

  /** A contributor has come and asks for its first lease. */
  arrived(contributor: string): void {
    if (this.others.length === 0 && this.#context.scheduler.adopted().length === 0) return;
    this.#once(`arrival ${contributor}`, ARRIVAL_MS, () => {
      void this.#guard(async () => {
        if (await this.#desk.arrived(contributor, this.#context.judging())) this.tell('plots');
      });
    });
  }

  /** Who is alone tells nobody: one that has just come reads everything from the tables. */
  tell(topic: string, about?: unknown): void {
    if (this.others.length > 0) void this.#notices.tell(topic, about);
  }

  /** What it held is free at once. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#cancels.values()) cancel();
    const { db, id } = this.#context;
    await this.#round().catch(() => {});
    await this.#guard(async () => {
      await giveBackAll(db, id);
      await forgetCoordinator(db, id);
      await this.#notices.tell('plots');
    });
    await this.#notices.close();
  }

  #heard({ topic, about }: Notice): void {
    if (this.#closed) return;
    switch (topic) {
      case 'jobs':
        void this.#guard(this.#sync);
        break;
      case 'settled':
        void this.#guard(this.#feed.pull);
        break;
      case 'plots':
        this.#isAsked ||= (about as { hungry?: unknown } | undefined)?.hungry === true;
        void this.#guard(this.#round);
        break;
      case 'returned': {
        const returned = asReturn(about);
        if (returned) this.#context.onReturn(returned.contributor, returned.leases);
        break;
      }
      case 'revoked':
        if (typeof about === 'string') this.#context.onRevoked(about);
        break;
      case 'operator':
        void this.#guard(this.#context.onDecision);
        break;
      case 'missed':
        void this.#guard(async () => {
          await this.#context.onDecision();
          await this.#turn();
        });
    }
  }

  #tick(): void {
    this.#once('beat', this.#context.timing.beatMs, () => {
      void this.#guard(async () => {
        await this.#beat();
        await this.#turn();
      }).finally(() => {
        if (!this.#closed) this.#tick();
      });
    });
  }

  async #beat(): Promise<void> {
    const { db, id, self } = this.#context;
    await beat(db, { id, ...self() });
  }

  async #turn(): Promise<void> {
    await this.#sync();
    await this.#feed.pull();
    await this.#round();
  }

  async #share(): Promise<void> {
    if (this.#closed) return;
    const { db, timing } = this.#context;
    this.#living = await livingCoordinators(db, timing.deadMs);
    const wants = { isHungry: this.#isHungry, isAsked: this.#isAsked };
    this.#isHungry = false;
    this.#isAsked = false;
    if (await this.#desk.round(this.#living, wants)) this.tell('plots');
  }

  /** Once after so many milliseconds, however often it is asked for until then. */
  #once(name: string, ms: number, work: () => void): void {
    if (this.#closed || this.#cancels.has(name)) return;
    const cancel = this.#context.clock.after(ms, () => {
      this.#cancels.delete(name);
      work();
    });
    this.#cancels.set(name, cancel);
  }

  /** A database that does not answer now may answer the next time: it is told once. */
  async #guard(work: () => Promise<void>): Promise<void> {
    const { log } = this.#context;
    try {
      await work();
      if (this.#failing) log.info({}, 'in touch with the other coordinators again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing && !this.#closed)
        log.warn({ error: toAppError(error).message }, 'out of touch with the other coordinators');
      this.#failing = true;
    }
  }
}

function asReturn(about: unknown): ReturnType<typeof parseReturn> | undefined {
  try {
    return parseReturn(JSON.stringify(about));
  } catch {
    return undefined;
  }
}
