/**
 * The blocks of seeded operands, made in the session worker instead of fetched: one at a time, and between two the
 * link's messages have their turn. A block takes 0.4 to 3 ms, where 100 Mbit/s would take 21.
 */
import { throwIfAborted } from '../core/errors.ts';
import { drawBlock } from '../matrix/draw.ts';
import type { Hash } from '../matrix/manifest.ts';
import { seededPlace } from '../matrix/seeded.ts';

export class SeededBlocks {
  #last: Promise<unknown> = Promise.resolve();

  /** False for a block that has to be fetched. */
  has(id: Hash): boolean {
    return seededPlace(id) !== undefined;
  }

  /** The caller's own bytes; undefined for a block that has to be fetched. @throws AppError 'aborted'. */
  get(id: Hash, signal: AbortSignal): Promise<Uint8Array> | undefined {
    const place = seededPlace(id);
    if (!place) return undefined;
    const made = this.#last.then(async () => {
      throwIfAborted(signal);
      await turn();
      return drawBlock(place);
    });
    this.#last = made.catch(() => {});
    return made;
  }
}

/** Resolves in a task of its own: not a timer, which a hidden page delays. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const done = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', done, { once: true });
    port1.start();
    port2.postMessage(null);
  });
}
