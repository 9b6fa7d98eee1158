/** A real backend, some of whose calls a test does itself. */
import { systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';

export const MIB = 1024 * 1024;

export function cpuBackend(memoryBytes = 16 * MIB): Backend {
  return createCpuBackend({ memoryBytes, clock: systemClock });
}

/** `inner` with these calls replaced. */
export function withBackend(inner: Backend, own: Partial<Backend>): Backend {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Rejects with 'aborted' when the signal fires, as work does that would last for ever. */
export function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      reject(new AppError('aborted', 'stopped'));
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
