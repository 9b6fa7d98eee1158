/** The coordinator's composition root: data folder, database, network, threads and HTTP, joined here. */
import { join } from 'node:path';
import { sql } from 'kysely';
import { sleep, systemClock, withDeadline } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import { listen } from '../net/coordinator-node.ts';
import type { CoordinatorState } from '../store/coordinators.ts';
import { DatabaseWatch } from './database-watch.ts';
import { Dispatcher } from './dispatcher.ts';
import { embeddingSites } from './embedding.ts';
import { Figures } from './figures.ts';
import { Fleet } from './fleet.ts';
import { createHttp } from './http.ts';
import { Intake } from './intake.ts';
import { JobReports } from './job-reports.ts';
import { Jobs } from './jobs.ts';
import { Joins } from './joins.ts';
import { Judge } from './judge.ts';
import { watchMetrics } from './metrics-watch.ts';
import { Mosaics } from './mosaics.ts';
import { Operator } from './operator.ts';
import { Overview } from './operator-overview.ts';
import { Operands } from './operands.ts';
import type { CoordinatorOptions } from './options.ts';
import { Profiles } from './profiles.ts';
import { openPublicEvents } from './public-events.ts';
import { Readiness } from './readiness.ts';
import { resync } from './resync.ts';
import { Retention } from './retention.ts';
import { Scheduler } from './scheduler.ts';
import { Serving } from './serving.ts';
import { SiteClaims } from './site-claims.ts';
import { siteReader } from './site-reader.ts';
import { openState } from './state.ts';
import { Sites } from './sites.ts';
import { Tokens } from './tokens.ts';
import { Uploads } from './uploads.ts';
import { openWebRtcDoor } from './webrtc.ts';

export interface RunningCoordinator {
  readonly url: string;
  readonly peerId: string;
  readonly peerAddresses: readonly string[];
  readonly token: string;
  /** Made at this start: it is shown once. */
  readonly tokenIsNew: boolean;
  /**
   * Gets ready to stop: /readyz says so, no new leases and uploads, and what is under way may take `limitMs` to end.
   * Call `close` afterwards, or before that to cut it short.
   */
  drain(limitMs: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * So that what comes within such a time shares a transaction: at fifty a second that halves what they cost. A lease is
 * asked for seconds before it is needed, and a receipt is waited for by nobody.
 */
const GATHER_MS = { leases: 30, results: 100 };

/** @throws AppError 'locked' (data folder), 'port-in-use', 'bad-input' (an address, or a site of `embed`), and openBlockStore's. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { log, host = '127.0.0.1', port = 8080, peerPort = 9001, network = 'Tilework' } = options;
  const { clock = systemClock } = options;
  const embed = embeddingSites(options.embed ?? []);
  const undo: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const state = await openState(options, clock, undo);
    const { folder, db, blocks, metrics, restrictions, key, peerId, entry, fleetTiming } = state;
    const parts = {
      db,
      blocks,
      pool: state.pool,
      usage: state.usage,
      restrictions,
      metrics,
      checkpoints: state.checkpoints,
      key,
      peerId,
      network,
      log,
      rng: cryptoRng,
      clock,
      coordinator: entry?.id,
    };
    const scheduler = new Scheduler(cryptoRng, { shares: entry !== undefined });
    const jobs = new Jobs({ ...parts, scheduler });
    undo.push(() => jobs.close());
    await jobs.restore(entry?.others.map(({ id }) => id));
    const figures = await Figures.open({ ...parts, jobs, scheduler });
    const profiles = new Profiles({
      db,
      clock,
      onChange: (id) => figures.renamed(id),
      isHidden: (of) => restrictions.isHidden(of),
    });
    const database = new DatabaseWatch({ ask: () => sql`SELECT 1`.execute(db), clock, log });
    const judge = new Judge({ ...parts, scheduler, jobs, gather: () => sleep(clock, GATHER_MS.results) });
    const serving = new Serving();
    let fleet: Fleet | undefined;
    const dispatcher = new Dispatcher({
      ...parts,
      scheduler,
      jobs,
      judge,
      serving,
      profiles,
      embed,
      gather: () => sleep(clock, GATHER_MS.leases),
      onArrival: (contributor) => fleet?.arrived(contributor),
      onHunger: () => fleet?.hungry(),
      database,
    });
    undo.push(() => dispatcher.close());
    database.start(
      () => resync({ db, jobs, scheduler, clock, log, coordinator: entry?.id }),
      () => dispatcher.offer(),
    );
    undo.push(() => Promise.resolve(database.close()));
    const intake = new Intake();
    const others = (): readonly CoordinatorState[] => fleet?.others ?? [];
    const contributorsNow = (): number =>
      others().reduce((sum, { contributors }) => sum + contributors, dispatcher.contributors);
    const contributorsOn = (site: string): number =>
      others().reduce((sum, { sites }) => sum + (sites[site] ?? 0), dispatcher.contributorsOn(site));
    const onDecision = (): void => fleet?.tell('operator');
    const operator = new Operator({ ...parts, scheduler, jobs, figures, dispatcher, onDecision });
    await operator.refresh();
    watchMetrics(metrics.registry, { ...parts, scheduler, dispatcher });
    const overview = new Overview({
      ...parts,
      scheduler,
      jobs,
      dispatcher,
      shared: entry !== undefined,
    });
    const events = openPublicEvents(jobs, clock, cryptoRng, () => figures.now(contributorsNow()));
    undo.push(() => Promise.resolve(events.close()));
    const operands = new Operands(db, blocks, join(folder.path, 'spool'), clock, cryptoRng);
    await operands.open();
    const uploads = new Uploads({
      ...parts,
      folder: join(folder.path, 'uploads'),
      operands,
      rng: cryptoRng,
      roomBytes: options.uploadRoomBytes,
    });
    await uploads.open();
    undo.push(() => uploads.close());
    const retention = new Retention({ ...parts, rng: cryptoRng, keep: options.keep ?? {} });
    undo.push(() => retention.close());
    retention.open();

    const { announce = [], webRtcPort } = options;
    const webRtc =
      webRtcPort === undefined
        ? undefined
        : await openWebRtcDoor({ folder, host, port: webRtcPort, announce, clock });
    const peers = await listen({
      key,
      listen: [`${hostMultiaddr(host)}/tcp/${peerPort}/ws`, ...(webRtc ? [webRtc.listen] : [])],
      announce,
      ...(webRtc && { moreTransports: [webRtc.transport] }),
      clock,
      source: async (hash, peer) => {
        const block = await blocks.get(hash);
        return block && serving.take(peer, block.length) ? block : undefined;
      },
      onLink: (link, openedMs) => {
        dispatcher.onLink(link, openedMs);
      },
    });
    undo.push(() => peers.close());
    const sites = new Sites({ db, clock, embed, contributorsOn });
    const claims = new SiteClaims({ ...parts, embed, readSite: options.readSite ?? siteReader() });
    const joins = new Joins({ ...parts, onChange: (id) => figures.renamed(id) });
    const tokens = new Tokens(db, state.token, clock, cryptoRng, (id) => fleet?.tell('revoked', id));
    const http = await createHttp({
      ...parts,
      dataDir: options.databaseUrl === undefined ? folder.path : undefined,
      jobs,
      operands,
      uploads,
      tokens,
      doors: options.doors ?? {},
      reports: new JobReports(db, jobs, scheduler, parts.clock, restrictions),
      peerAddresses: () => [...peers.addresses, ...others().flatMap(({ addresses }) => addresses)],
      database,
      intake,
      readiness: new Readiness({
        database,
        blocks,
        intake,
        isListening: () => peers.isListening,
        clock,
        log,
      }),
      figures,
      operator,
      overview,
      events,
      mosaics: new Mosaics({ db, jobs, clock, version: () => events.version }),
      contributorsNow,
      capacities: (dtype, project) => Array.from(scheduler.sharers(project), (each) => each.capacity(dtype)),
      returnLeases: (contributor, leases) => {
        dispatcher.takeBack(contributor, leases);
        // It may be connected to another coordinator than the one that served its page.
        fleet?.tell('returned', { contributor, leases });
      },
      embed,
      sites,
      claims,
      joins,
      pageDir: options.pageDir,
    });
    undo.push(() => http.close());
    const url = await http.listen({ host, port }).catch((error: unknown) => {
      throw listenError(error, host, port);
    });
    if (entry) {
      const { databaseUrl = '' } = options;
      const where = { url, addresses: peers.addresses };
      fleet = new Fleet({
        ...parts,
        ...entry,
        databaseUrl,
        jobs,
        scheduler,
        timing: fleetTiming,
        self: () => ({
          ...where,
          contributors: dispatcher.contributors,
          // What it holds goes to the others then.
          speed: dispatcher.draining ? 0 : scheduler.speed(),
          sites: Object.fromEntries(embed.map((site) => [site, dispatcher.contributorsOn(site)])),
        }),
        judging: () => judge.judging(),
        onWork: () => {
          dispatcher.offer();
        },
        onDecision: () => operator.refresh(),
        onReturn: (contributor, leases) => {
          dispatcher.takeBack(contributor, leases);
        },
        onRevoked: (id) => {
          tokens.revoked(id)();
        },
      });
      undo.push(() => fleet!.close());
      await fleet.open();
    }
    log.info({ url, peers: peers.addresses, credit: state.credit.mode }, 'coordinator ready');
    const drain = async (limitMs: number): Promise<void> => {
      log.info(
        { contributors: dispatcher.contributors, seconds: limitMs / 1000 },
        'draining: taking what is under way, nothing new; a second signal stops at once',
      );
      intake.drain();
      // Not a bare sleep: a timer that is left over would keep the process alive.
      const uploaded = withDeadline(clock, limitMs, 'the last uploads', intake.ended).catch(() => {});
      const [handedBack] = await Promise.all([dispatcher.drain(limitMs), uploaded]);
      log.info({ handedBack }, 'drained');
    };
    return {
      url,
      peerId,
      peerAddresses: peers.addresses,
      token: state.token,
      tokenIsNew: state.tokenIsNew,
      drain,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function hostMultiaddr(host: string): string {
  if (host.includes(':')) return `/ip6/${host}`;
  return /^[\d.]+$/.test(host) ? `/ip4/${host}` : `/dns4/${host}`;
}

function listenError(thrown: unknown, host: string, port: number): AppError {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (code !== 'EADDRINUSE') return toAppError(thrown, 'bad-input');
  return new AppError(
    'port-in-use',
    `port ${port} on ${host} is already in use; choose another with --port`,
    {
      cause: thrown,
    },
  );
}
