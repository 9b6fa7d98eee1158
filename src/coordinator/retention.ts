/** Now and then, and gently: lets go what is too old, and removes the blocks that nothing needs. */
import { Counter } from 'prom-client';
import { type Clock, sleep, stopwatch } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Rng } from '../core/rng.ts';
import { formatBytes } from '../core/units.ts';
import type { BlockStore } from '../store/blocks.ts';
import type { Database } from '../store/database.ts';
import { type Keep, letGo } from '../store/removal.ts';
import { type Swept, sweep } from '../store/sweep.ts';
import type { Metrics } from './metrics.ts';

export interface RetentionContext {
  readonly db: Database;
  readonly blocks: BlockStore;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly keep: Keep;
}

/** After the start, when everybody comes back. */
const FIRST_MS = 10 * 60_000;
const EVERY_MS = 3_600_000;
/** A sweep works for so long, and then rests four times as long: a fifth of one core, and of the disk, at the most. */
const WORK_MS = 10;
const REST = 4;

export class Retention {
  readonly #context: RetentionContext;
  readonly #closing = new AbortController();
  readonly #counters: { readonly blocks: Counter; readonly bytes: Counter };
  #cancel: () => void = () => {};
  #running: Promise<Swept | undefined> | undefined;

  constructor(context: RetentionContext) {
    this.#context = context;
    const registers = [context.metrics.registry];
    this.#counters = {
      blocks: new Counter({
        name: 'tilework_blocks_removed_total',
        help: 'Blocks that nothing needed, removed',
        registers,
      }),
      bytes: new Counter({ name: 'tilework_blocks_removed_bytes_total', help: 'Bytes of them', registers }),
    };
  }

  /** Begins, soon; and goes on until `close`. */
  open(): void {
    this.#schedule(FIRST_MS);
  }

  async close(): Promise<void> {
    this.#cancel();
    this.#closing.abort();
    await this.#running;
  }

  /** One sweep; who asks while one is under way gets that one's answer. Undefined when it failed, which the log tells. */
  sweep(): Promise<Swept | undefined> {
    this.#running ??= this.#sweep().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #sweep(): Promise<Swept | undefined> {
    const { db, blocks, clock, rng, log, keep } = this.#context;
    const { signal } = this.#closing;
    let beganMs = stopwatch.now();
    const pause = async (): Promise<void> => {
      const workedMs = stopwatch.now() - beganMs;
      if (workedMs < WORK_MS) return;
      await sleep(stopwatch, workedMs * REST, signal);
      beganMs = stopwatch.now();
    };
    try {
      await letGo(db, keep, clock.now());
      const salt = new DataView(rng.bytes(4).buffer).getUint32(0);
      const swept = await sweep({ db, blocks, nowMs: clock.now(), salt, pause, signal });
      this.#counters.blocks.inc(swept.removedBlocks);
      this.#counters.bytes.inc(swept.removedBytes);
      if (swept.removedBlocks > 0)
        log.info(
          { blocks: swept.removedBlocks, bytes: formatBytes(swept.removedBytes) },
          'blocks that nothing needed were removed',
        );
      return swept;
    } catch (error) {
      if (!signal.aborted)
        log.warn(
          { error: toAppError(error).message },
          'blocks could not be swept; the next hour tries again',
        );
      return undefined;
    }
  }

  #schedule(ms: number): void {
    this.#cancel = this.#context.clock.after(ms, () => {
      void this.sweep().then(() => {
        if (!this.#closing.signal.aborted) this.#schedule(EVERY_MS);
      });
    });
  }
}
