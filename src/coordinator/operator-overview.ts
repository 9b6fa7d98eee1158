/** Everything that the operator's console shows, at one moment: from memory, and a little from the database. */
import { sql } from 'kysely';
import type { Clock } from '../core/clock.ts';
import type {
  OperatorContributor,
  OperatorEntryView,
  OperatorFailure,
  OperatorJob,
  OperatorLease,
  OperatorView,
} from '../core/v1-operator.ts';
import { ceilDiv } from '../core/bytes.ts';
import { CELL } from '../matrix/blocks.ts';
import type { Database } from '../store/database.ts';
import { countCells } from '../store/jobs.ts';
import { rejectedLeases } from '../store/leases.ts';
import { type OperatorEntryPage, operatorLog } from '../store/operator.ts';
import { newestJobs } from '../store/pages.ts';
import { namesOf } from '../store/profiles.ts';
import type { Job, OperatorEntry } from '../store/schema.ts';
import type { BlockUsage } from './block-usage.ts';
import { Cached } from './cached.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Jobs } from './jobs.ts';
import type { PeerSession } from './peer-session.ts';
import type { Restrictions } from './restrictions.ts';
import type { Scheduler } from './scheduler.ts';
import { pauseLeft, windowOf } from './standing.ts';
import type { VerifyPool } from './verify-pool.ts';
import type { ActiveLease } from './work.ts';

export interface OverviewContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly network: string;
  readonly peerId: string;
  readonly scheduler: Scheduler;
  readonly jobs: Pick<Jobs, 'running'>;
  readonly dispatcher: Dispatcher;
  readonly restrictions: Restrictions;
  readonly pool: Pick<VerifyPool, 'load'>;
  readonly usage: Pick<BlockUsage, 'now'>;
  /** PostgreSQL, which other processes may use too. */
  readonly shared: boolean;
}

/** Rows of what may be thousands; a search reaches the others. */
const MAX_ROWS = 500;
const MAX_JOBS = 100;
const MAX_FAILURES = 200;
const MAX_LOG = 100;
/** However many consoles are open. */
const RECORDS_MS = 1000;

interface Records {
  readonly jobs: readonly (Job & { readonly cellsVerified: number })[];
  readonly failures: readonly OperatorFailure[];
  readonly log: readonly OperatorEntryView[];
  readonly answerMs: number;
}

export class Overview {
  readonly #context: OverviewContext;
  readonly #startedMs: number;
  readonly #records: Cached<Records>;

  constructor(context: OverviewContext) {
    this.#context = context;
    this.#startedMs = context.clock.now();
    this.#records = new Cached(context.clock, RECORDS_MS, 1, () => this.#read());
  }

  /** @param search - contributors and leases that do not hold it anywhere are left out */
  async view(search = ''): Promise<OperatorView> {
    const { clock, network, peerId, scheduler, dispatcher, restrictions, pool, usage, shared } =
      this.#context;
    const { jobs, failures, log, answerMs } = await this.#records.get();
    const { sent, received } = dispatcher.moved;
    const leases = scheduler.leases();
    const { all } = restrictions;
    return {
      network,
      coordinator: peerId,
      nowMs: clock.now(),
      startedMs: this.#startedMs,
      draining: dispatcher.draining,
      contributorsTotal: dispatcher.contributors,
      leasesTotal: leases.length,
      contributors: await this.#contributors(search.toLowerCase()),
      leases: leases.map(leaseView).filter(holding(search.toLowerCase())).slice(0, MAX_ROWS),
      jobs: this.#jobs(jobs, leases),
      failures,
      bans: all.bans,
      pauses: all.pauses,
      hidden: all.hidden,
      log,
      disk: usage.now(),
      bytesSent: sent,
      bytesReceived: received,
      database: { kind: shared ? 'postgres' : 'embedded', answerMs },
      verification: pool.load,
    };
  }

  /** Newest first. */
  async log(page: OperatorEntryPage): Promise<OperatorEntryView[]> {
    return (await operatorLog(this.#context.db, page)).map(entryView);
  }

  /** What has just been done is seen by whoever did it. */
  forget(): void {
    this.#records.forget('');
  }

  async #contributors(search: string): Promise<OperatorContributor[]> {
    const sessions = Array.from(this.#context.dispatcher.sessions());
    const peers = sessions.map(({ peer }) => peer);
    const names = await namesOf(this.#context.db, peers);
    const views = sessions.map((session) => this.#contributor(session, names.get(session.peer)));
    return views.filter(holding(search)).slice(0, MAX_ROWS);
  }

  #contributor(
    session: PeerSession,
    { name, team }: { readonly name: string; readonly team: string } = { name: '', team: '' },
  ): OperatorContributor {
    const { scheduler, clock } = this.#context;
    const { peer, hello, link, standing, tally } = session;
    const measured = scheduler.measuredOf(peer);
    const now = clock.now();
    const denied = pauseLeft(standing, now);
    return {
      contributor: peer,
      name,
      team,
      client: hello.client,
      transport: /\/webrtc/.test(link.address) ? 'webrtc' : 'websocket',
      sinceMs: session.connectedMs,
      seenMs: session.seenMs,
      rate: measured?.rate ?? 0,
      downBytesPerSecond: measured?.down ?? 0,
      upBytesPerSecond: measured?.up ?? 0,
      bytesDown: link.blocks.bytesUp,
      bytesUp: link.blocks.bytesDown,
      window: windowOf(standing),
      leases: scheduler.heldBy(peer),
      ...tally,
      deniedUntilMs: denied > 0 ? now + denied : null,
    };
  }

  #jobs(records: Records['jobs'], leases: readonly ActiveLease[]): OperatorJob[] {
    const held = new Map<string, number>();
    for (const { job } of leases) held.set(job.id, (held.get(job.id) ?? 0) + 1);
    return records.map((job) => {
      const { id, project, title, state, dtype, rows, cols, k, priority, createdMs, finishedMs, error } = job;
      const shape = { dtype, rows, cols, k };
      const times = { createdMs, finishedMs };
      const cellsVerified = this.#context.scheduler.progressOf(id)?.verified ?? job.cellsVerified;
      const cells = { cellsVerified, cellsTotal: cellsIn(rows, cols) };
      const leased = held.get(id) ?? 0;
      return {
        job: id,
        project,
        title,
        state,
        ...shape,
        priority,
        ...times,
        ...cells,
        leases: leased,
        error,
      };
    });
  }

  async #read(): Promise<Records> {
    const { db, clock } = this.#context;
    const askedMs = clock.now();
    await sql`SELECT 1`.execute(db);
    const answerMs = clock.now() - askedMs;
    const rows = await newestJobs(db, { limit: MAX_JOBS });
    const jobs = await Promise.all(
      rows.map(async (job) => ({ ...job, cellsVerified: await this.#cellsOf(job) })),
    );
    const failures = (await rejectedLeases(db, MAX_FAILURES)).map(
      ({ id, job, contributor, endedMs, reason }): OperatorFailure => ({
        lease: id,
        job,
        contributor,
        atMs: endedMs,
        reason: reason ?? '',
      }),
    );
    return {
      jobs: jobs.toSorted((x, y) => Number(y.state === 'running') - Number(x.state === 'running')),
      failures,
      log: await this.log({ limit: MAX_LOG }),
      answerMs,
    };
  }

  /** Of jobs that run, the scheduler knows it better. */
  async #cellsOf({ id, state, rows, cols }: Job): Promise<number> {
    if (state === 'done') return cellsIn(rows, cols);
    return this.#context.scheduler.progressOf(id)?.verified ?? countCells(this.#context.db, id);
  }
}

function cellsIn(rows: number, cols: number): number {
  return ceilDiv(rows, CELL) * ceilDiv(cols, CELL);
}

function leaseView({ id, job, peer, rect, issuedMs, deadlineMs, committed }: ActiveLease): OperatorLease {
  const place = { row: rect.row, col: rect.col, rows: rect.rows, cols: rect.cols };
  const { id: jobId, project } = job;
  return { lease: id, job: jobId, project, contributor: peer, ...place, issuedMs, deadlineMs, committed };
}

function entryView({ id, timeMs, token, action, subject, reason }: OperatorEntry): OperatorEntryView {
  return {
    id: id.toString(),
    atMs: timeMs,
    token,
    action: action as OperatorEntryView['action'],
    subject,
    reason,
  };
}

/** Whether any text of a row holds the search, which is in lower case. */
function holding(search: string): (row: object) => boolean {
  if (search === '') return () => true;
  return (row) =>
    Object.values(row).some((value) => typeof value === 'string' && value.toLowerCase().includes(search));
}
