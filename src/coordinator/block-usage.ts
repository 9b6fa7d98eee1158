/** How many blocks lie on disk and how much room is left: counted in the background, and not more often than it is cheap. */
import type { Clock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { DiskView } from '../core/v1-operator.ts';
import { type FolderUsage, folderUsage } from '../store/folder-usage.ts';

/** A folder of a million blocks takes a minute to count, so counting takes a tenth of the time at most. */
const LEAST_MS = 10_000;
const REST_FACTOR = 10;

const UNKNOWN: DiskView = { blocks: null, bytes: null, countedMs: null, freeBytes: null };

export class BlockUsage {
  readonly #count: () => Promise<FolderUsage>;
  readonly #clock: Clock;
  readonly #log: Logger;
  #last = UNKNOWN;
  #counting: Promise<void> | undefined;
  #nextMs = -Infinity;

  /** @param folder - undefined where blocks are kept elsewhere than on this machine */
  constructor(
    folder: string | undefined,
    clock: Clock,
    log: Logger,
    count: (folder: string) => Promise<FolderUsage> = folderUsage,
  ) {
    this.#count = folder === undefined ? () => Promise.reject(new Error('no folder')) : () => count(folder);
    if (folder === undefined) this.#nextMs = Infinity;
    this.#clock = clock;
    this.#log = log;
  }

  /** As it was counted last; asking is what makes it be counted again. */
  now(): DiskView {
    if (this.#clock.now() >= this.#nextMs) this.#counting ??= this.#look();
    return this.#last;
  }

  /** Resolves when what is being counted is counted. */
  async settled(): Promise<void> {
    await this.#counting;
  }

  async #look(): Promise<void> {
    const startedMs = this.#clock.now();
    try {
      const found = await this.#count();
      this.#last = { ...found, countedMs: this.#clock.now() };
    } catch (thrown) {
      this.#log.warn({ error: toAppError(thrown).message }, 'the blocks on disk cannot be counted');
    } finally {
      const now = this.#clock.now();
      this.#nextMs = now + Math.max(LEAST_MS, REST_FACTOR * (now - startedMs));
      this.#counting = undefined;
    }
  }
}
