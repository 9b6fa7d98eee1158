/** The metrics that are read off the coordinator when somebody asks for them. */
import { Counter, Gauge, type GaugeConfiguration, type Registry } from 'prom-client';
import { sql } from 'kysely';
import type { Clock } from '../core/clock.ts';
import type { BlockUsage } from './block-usage.ts';
import { Cached } from './cached.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Restrictions } from './restrictions.ts';
import type { Scheduler } from './scheduler.ts';
import type { VerifyPool } from './verify-pool.ts';
import type { Database } from '../store/database.ts';

export interface MetricsWatchContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, 'leases'>;
  readonly dispatcher: Pick<Dispatcher, 'contributors' | 'draining' | 'moved'>;
  readonly restrictions: Pick<Restrictions, 'all'>;
  readonly pool: Pick<VerifyPool, 'load'>;
  readonly usage: Pick<BlockUsage, 'now'>;
}

/** However often it is scraped, the database is asked once in a while. */
const ASKED_MS = 5000;

interface Records {
  readonly jobs: readonly { readonly state: string; readonly count: number }[];
  readonly issuedMicrocredits: number;
  readonly leaves: number;
}

async function records(db: Database): Promise<Records> {
  const jobs = await sql<{ state: string; count: number }>`
    SELECT state, count(*)::integer AS count FROM jobs GROUP BY state`.execute(db);
  const ledger = await sql<{ issued: number; leaves: number }>`
    SELECT coalesce((SELECT -balance_microcredits FROM accounts WHERE id = 'treasury:mint'), 0)::float8 AS issued,
      coalesce((SELECT size FROM log_tree), 0)::float8 AS leaves`.execute(db);
  const { issued = 0, leaves = 0 } = ledger.rows[0] ?? {};
  return { jobs: jobs.rows, issuedMicrocredits: issued, leaves };
}

/** Null for what is not known yet. */
type Readable = number | null;

export function watchMetrics(registry: Registry, context: MetricsWatchContext): void {
  const { clock, dispatcher, scheduler, restrictions, pool, usage } = context;
  const registers: [] = [];
  const known = new Cached(clock, ASKED_MS, 1, () => records(context.db));
  const gauge = (name: string, help: string, read: () => Readable | Promise<Readable>): void => {
    const collect: GaugeConfiguration<string>['collect'] = async function () {
      const value = await read();
      // What nobody knows is absent: prom-client would write a NaN that is none.
      if (value === null) this.remove();
      else this.set(value);
    };
    registry.registerMetric(new Gauge({ name, help, registers, collect }));
  };
  gauge('tilework_contributors', 'Contributors connected now', () => dispatcher.contributors);
  gauge('tilework_draining', '1 while no new leases are given', () => (dispatcher.draining ? 1 : 0));
  gauge('tilework_banned_contributors', 'Contributors that are banned', () => restrictions.all.bans.length);
  gauge('tilework_paused_projects', 'Projects that are paused', () => restrictions.all.pauses.length);
  registry.registerMetric(
    new Gauge({
      name: 'tilework_open_leases',
      help: 'Leases out now, by state: being computed, or committed and on their way back',
      labelNames: ['state'],
      registers,
      collect() {
        const all = scheduler.leases();
        const committed = all.filter((lease) => lease.committed).length;
        this.set({ state: 'committed' }, committed);
        this.set({ state: 'computing' }, all.length - committed);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: 'tilework_block_bytes_total',
      help: 'Bytes of blocks moved between the coordinator and contributors, by direction as the coordinator sees it',
      labelNames: ['direction'],
      registers,
      collect() {
        const { sent, received } = dispatcher.moved;
        this.reset();
        this.inc({ direction: 'sent' }, sent);
        this.inc({ direction: 'received' }, received);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'tilework_jobs',
      help: 'Jobs, by state',
      labelNames: ['state'],
      registers,
      async collect() {
        const { jobs } = await known.get();
        for (const state of ['running', 'done', 'cancelled', 'failed']) this.set({ state }, 0);
        for (const { state, count } of jobs) this.set({ state }, count);
      },
    }),
  );
  const issued = async (): Promise<number> => (await known.get()).issuedMicrocredits / 1e6;
  gauge('tilework_ledger_issued_credits', 'Credits that were ever issued and are not burnt', issued);
  gauge('tilework_log_leaves', 'Entries of the public log', async () => (await known.get()).leaves);
  gauge('tilework_verification_threads', 'Verification threads', () => pool.load.threads);
  gauge('tilework_verification_queue', 'Tasks that wait for a thread', () => pool.load.waiting);
  gauge('tilework_blocks', 'Blocks on disk, as last counted', () => usage.now().blocks);
  gauge('tilework_blocks_bytes', 'Bytes of the blocks on disk', () => usage.now().bytes);
  gauge('tilework_disk_free_bytes', 'Free bytes where the blocks are', () => usage.now().freeBytes);
}
