/**
 * Short notices between the coordinators of one PostgreSQL, by LISTEN and NOTIFY. They only wake: whoever missed one
 * reads the same from the tables a moment later.
 */
import { sql } from 'kysely';
import { Client } from 'pg';
import { Emitter } from '../core/async.ts';
import type { Clock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Queries } from './database.ts';

const CHANNEL = 'tilework';
const RETRY_MS = 1000;
const CONNECT_TIMEOUT_MS = 10_000;
/** PostgreSQL takes fewer than 8,000. */
const MAX_PAYLOAD_BYTES = 7900;

export interface Notice {
  /** The process that told it. */
  readonly from: string;
  readonly topic: string;
  /** Plain data, as the topic has it. */
  readonly about?: unknown;
}

export interface NoticesContext {
  readonly db: Queries;
  readonly url: string;
  /** This process. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Notices {
  /** What others tell; and `missed` whenever something may have been told while nobody listened. */
  readonly heard = new Emitter<Notice>();
  readonly #context: NoticesContext;
  #client: Client | undefined;
  #cancelRetry: () => void = () => {};
  #closed = false;

  constructor(context: NoticesContext) {
    this.#context = context;
  }

  /** Listens from now on. A connection that breaks is made again, for ever. */
  async open(): Promise<void> {
    const { url, id, log } = this.#context;
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const lost = (error?: unknown): void => {
      if (this.#client !== client) return;
      this.#client = undefined;
      client.end().catch(() => {});
      if (this.#closed) return;
      log.warn(
        { error: error === undefined ? 'it was closed' : toAppError(error).message },
        'notices of other coordinators are not heard; connecting again',
      );
      this.#retry();
    };
    this.#client = client;
    client.on('error', lost);
    client.on('end', () => {
      lost();
    });
    client.on('notification', ({ payload }) => {
      const notice = parse(payload);
      if (notice && notice.from !== id) this.heard.emit(notice);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      lost(error);
      return;
    }
    this.heard.emit({ from: id, topic: 'missed' });
  }

  /** Never rejects: what is not told now is read later. */
  async tell(topic: string, about?: unknown): Promise<void> {
    const { db, id, log } = this.#context;
    const notice: Notice = { from: id, topic, ...(about !== undefined && { about }) };
    const payload = JSON.stringify(notice);
    if (this.#closed || payload.length > MAX_PAYLOAD_BYTES) return;
    await sql`SELECT pg_notify(${CHANNEL}, ${payload})`.execute(db).catch((error: unknown) => {
      log.debug({ error: toAppError(error).message }, 'a notice could not be told');
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  #retry(): void {
    this.#cancelRetry = this.#context.clock.after(RETRY_MS, () => {
      void this.open();
    });
  }
}

/** Anybody who may use the database may say anything on the channel. */
function parse(payload: string | undefined): Notice | undefined {
  try {
    const { from, topic, about } = JSON.parse(payload ?? '') as Record<string, unknown>;
    if (typeof from !== 'string' || typeof topic !== 'string') return undefined;
    return { from, topic, about };
  } catch {
    return undefined;
  }
}
