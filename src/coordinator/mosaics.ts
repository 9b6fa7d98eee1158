/**
 * The mosaics that somebody looks at: read from the database once, then kept up to date by what is verified, and
 * drawn at most once a second however many look.
 */
import { Allowance } from '../core/allowance.ts';
import { ceilDiv } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { MosaicView } from '../core/v1-figures.ts';
import { CELL } from '../matrix/blocks.ts';
import type { Database } from '../store/database.ts';
import { ownersOf, shownJob } from '../store/figures.ts';
import { getJob } from '../store/jobs.ts';
import type { Job } from '../store/schema.ts';
import { Cached } from './cached.ts';
import type { Jobs, VerifiedShard } from './jobs.ts';
import { Mosaic } from './mosaic.ts';

/** Two bytes a cell of C: 32 MiB of the largest. */
const MAX_MOSAICS = 16;
const DRAWN_MS = 1000;
/** The largest takes 25 ms to draw, from whoever is contributing. */
const LARGE_CELLS = 2 ** 18;
const LARGE_DRAWN_MS = 5000;
/** Mosaics read from the database, over all who ask: one of a large job is a million rows. */
const READ_RATE = { burst: 20, perSecond: 2 } as const;

export interface MosaicsContext {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly clock: Clock;
  /** The id of the last event: what is verified later is not in what is drawn now. */
  readonly version: () => string;
}

interface Entry {
  readonly job: Promise<Job>;
  mosaic: Mosaic | undefined;
  /** While it is being read. */
  readonly early: VerifiedShard[];
  readonly loaded: Promise<Mosaic>;
  drawn: { readonly json: string; readonly ms: number } | undefined;
}

export class Mosaics {
  readonly #context: MosaicsContext;
  readonly #entries = new Map<string, Entry>();
  readonly #reads: Allowance;
  readonly #shown: Cached<string | undefined>;

  constructor(context: MosaicsContext) {
    this.#context = context;
    this.#reads = new Allowance(context.clock, READ_RATE);
    this.#shown = new Cached(context.clock, DRAWN_MS, 1, async () => (await shownJob(context.db))?.id);
    context.jobs.verified.on((shard) => {
      this.#verified(shard);
    });
    context.jobs.changes.on(({ type, job }) => {
      if (type === 'created' || type === 'ended') this.#shown.forget('');
      // Read anew when somebody asks: its state is another.
      if (type === 'created' || type === 'ended') this.#entries.delete(job);
    });
  }

  /** The job that runs, or ran last. @throws AppError 'not-found' before there was any */
  async shown(): Promise<string> {
    const id = await this.#shown.get();
    if (id === undefined) throw new AppError('not-found', 'there has been no job yet');
    return id;
  }

  /** A MosaicView as JSON. @throws AppError 'not-found', 'rate-limited' */
  async json(id: string): Promise<string> {
    const entry = this.#entries.get(id) ?? this.#read(id);
    // Whoever was asked for longest ago goes first.
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    const mosaic = await entry.loaded;
    const job = await entry.job;
    const { clock, version } = this.#context;
    const now = clock.now();
    const ms = mosaic.rows * mosaic.cols > LARGE_CELLS ? LARGE_DRAWN_MS : DRAWN_MS;
    if (entry.drawn && now >= entry.drawn.ms && now < entry.drawn.ms + ms) return entry.drawn.json;
    const { project, state } = job;
    const view: MosaicView = { job: id, project, state, ...mosaic.picture(), version: version() };
    const json = JSON.stringify(view);
    entry.drawn = { json, ms: now };
    return json;
  }

  #verified(shard: VerifiedShard): void {
    const entry = this.#entries.get(shard.job);
    if (!entry) return;
    if (entry.mosaic) entry.mosaic.verify(shard.rect, shard.contributor);
    else entry.early.push(shard);
  }

  #read(id: string): Entry {
    const job = this.#job(id);
    const loaded = this.#load(id, job);
    const entry: Entry = { job, early: [], loaded, mosaic: undefined, drawn: undefined };
    this.#entries.set(id, entry);
    loaded.then(
      (mosaic) => {
        for (const { rect, contributor } of entry.early.splice(0)) mosaic.verify(rect, contributor);
        entry.mosaic = mosaic;
      },
      () => {
        if (this.#entries.get(id) === entry) this.#entries.delete(id);
      },
    );
    if (this.#entries.size > MAX_MOSAICS) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest!);
    }
    return entry;
  }

  async #job(id: string): Promise<Job> {
    const job = await getJob(this.#context.db, id);
    if (!job) throw new AppError('not-found', 'there is no such job');
    return job;
  }

  async #load(id: string, found: Promise<Job>): Promise<Mosaic> {
    const { rows, cols } = await found;
    if (!this.#reads.take())
      throw new AppError('rate-limited', 'too many mosaics are asked for just now; go on in a second');
    const mosaic = new Mosaic(ceilDiv(rows, CELL), ceilDiv(cols, CELL));
    for (const { rowBlock, colBlock, rowBlocks, colBlocks, contributor } of await ownersOf(
      this.#context.db,
      id,
    )) {
      const rect = { row: rowBlock, col: colBlock, rows: rowBlocks, cols: colBlocks };
      mosaic.verify(rect, contributor);
    }
    return mosaic;
  }
}
