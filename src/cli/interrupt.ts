/** Ctrl-C: the first asks a command to stop in order, the second ends the process at once. */
import { type Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { EXIT_INTERRUPTED } from './failure.ts';

/** npm passes a Ctrl-C on that its child has received already, so one press can arrive as two. */
const SAME_PRESS_MS = 500;

/** What of `process` is needed. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/** The signal that fires at the first SIGINT, SIGTERM or SIGHUP. */
export function interruptSignal(source: SignalSource, clock: Clock): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      firstMs = clock.now();
      controller.abort(new AppError('aborted', 'stopped'));
    } else if (clock.now() - firstMs >= SAME_PRESS_MS) {
      source.exit(EXIT_INTERRUPTED);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) source.on(signal, onSignal);
  return controller.signal;
}

/** Resolves when the signal fires. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else {
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    }
  });
}
