/**
 * What PostgreSQL does when its log cannot be written (a full disk, a failing one) is to PANIC: it ends, so that
 * nothing is acknowledged that is not on disk. PGlite 0.5.16 takes the end for an error of the statement and runs
 * it again, for ever, in a loop that lets nothing else run. Here it ends the statement, and all that come after.
 * Delete this file when PGlite does so by itself.
 */
import type { PGlite } from '@electric-sql/pglite';
import { AppError } from '../core/errors.ts';

/** What we use of the module, which PGlite's types leave out. */
const ONCE = '_PostgresMainLoopOnce';
const FLUSHES = ['_PostgresSendReadyForQueryIfNecessary', '_pgl_pq_flush'] as const;
type MainLoop = Record<typeof ONCE | (typeof FLUSHES)[number], () => void> & {
  /** Called by PGlite after each statement that threw, inside its loop but outside its try. */
  stackRestore: (at: number) => void;
};

/** PGlite's own numbers: the jump back to the main loop after an ERROR, and its start. */
const ORDINARY: readonly unknown[] = [100, 99];

/** The only way on is a new start. */
export const STOPPED =
  'the database has stopped because it could not write to its disk: see that there is room, then start the coordinator again';

/** Every query from a PANIC on is rejected with AppError 'internal', which says what to do. */
export function stopAtPanic(pglite: PGlite): void {
  const loop = pglite.Module as unknown as MainLoop;
  const { [ONCE]: once, stackRestore } = loop;
  let ended: AppError | undefined;
  loop[ONCE] = () => {
    if (ended) throw ended;
    try {
      once();
    } catch (thrown) {
      const { status } = thrown as { status?: unknown };
      if (!ORDINARY.includes(status)) {
        ended = new AppError('internal', STOPPED, { cause: thrown });
      }
      throw thrown;
    }
  };
  loop.stackRestore = (at) => {
    stackRestore(at);
    if (ended) throw ended;
  };
  for (const name of FLUSHES) {
    const call = loop[name];
    loop[name] = () => {
      if (!ended) call();
    };
  }
}
