/** A CPU backend that can be lost like a device, and remembers what it was asked. */
import { AppError } from '../../src/core/errors.ts';
import type { Backend, KRange } from '../../src/gpu/backend.ts';
import { cpuBackend } from './with-backend.ts';

type Method = {
  [K in keyof Backend]: Backend[K] extends (...args: never[]) => unknown ? K : never;
}[keyof Backend];

export interface FragileOptions {
  readonly inner?: Backend;
  /** Lost while this method does what it was asked for the nth time, from 0. */
  readonly at?: readonly [method: Method, nth: number];
  /** Calls that the test does itself. */
  readonly own?: Partial<Backend>;
}

export class Fragile {
  readonly inner: Backend;
  readonly backend: Backend;
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[] = [];
  readonly #loss = Promise.withResolvers<never>();
  #lost = false;

  constructor({ inner = cpuBackend(), at, own = { selfTest: async () => {} } }: FragileOptions = {}) {
    this.inner = inner;
    this.#loss.promise.catch(() => {});
    this.backend = new Proxy(inner, {
      get: (target, name: Method) => {
        const value: unknown = own[name] ?? Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): Promise<unknown> => {
          const nth = this.asked(name);
          this.calls.push({ method: name, args });
          if (name === 'destroy') return target.destroy();
          if (this.#lost) return this.#loss.promise;
          const work = Promise.resolve(value.apply(target, args) as unknown);
          work.catch(() => {});
          if (at && at[0] === name && at[1] === nth) this.lose();
          return Promise.race([this.#loss.promise, work]);
        };
      },
    });
  }

  /** All that waits, and all that is asked later, rejects with 'gpu-lost'. */
  lose(): void {
    this.#lost = true;
    this.#loss.reject(new AppError('gpu-lost', 'the GPU device was lost'));
  }

  /** How often a method was called. */
  asked(method: Method): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** The first k-block of every range that it was asked to compute. */
  get computed(): number[] {
    return this.calls
      .filter(({ method }) => method === 'accumulate')
      .map(({ args }) => (args[1] as KRange).from);
  }
}
