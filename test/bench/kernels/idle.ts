/** How long the GPU waits while two leases are in flight, as in a contributor: operands come, C goes. */
import { systemClock } from '../../../src/core/clock.ts';
import { FetchQueue } from '../../../src/contributor/fetch-queue.ts';
import { computeShard } from '../../../src/contributor/shard.ts';
import type { Backend } from '../../../src/gpu/backend.ts';
import { nameBlocks } from '../../../src/gpu/small-product.ts';
import { DTYPES, type Dtype } from '../../../src/matrix/dtype.ts';
import { blocksOf } from '../peers/ours.ts';
import { type Size, makeTask } from './task.ts';

/** As the engine has. */
const LEASES_IN_FLIGHT = 2;

export interface IdleResult {
  readonly dtype: Dtype;
  readonly size: Size;
  readonly leases: number;
  readonly wallMs: number;
  /** 1 − slice time / wall time, from the first range's submission to the last one's completion. */
  readonly idle: number;
}

export async function measureIdle(backend: Backend, size: Size, leases: number): Promise<IdleResult[]> {
  const results: IdleResult[] = [];
  for (const dtype of DTYPES) results.push(await idleOf(backend, dtype, size, leases));
  return results;
}

async function idleOf(backend: Backend, dtype: Dtype, size: Size, leases: number): Promise<IdleResult> {
  const blocks = blocksOf(makeTask(dtype, size, 43));
  const span = { from: Infinity, to: -Infinity };
  const watched = watch(backend, span);
  const before = (await backend.stats()).busyMs;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < leases) {
      const lease = next++;
      const store = new Map<string, Uint8Array>();
      // [row-block][k-block], with names of its own: every lease uploads all of its blocks.
      const [a, b] = blocks.map((operand, side) => {
        const names = nameBlocks(operand, `idle/${dtype}/${lease}/${side}`);
        for (const [kb, column] of names.entries()) {
          for (const [r, name] of column.entries()) store.set(name, operand[kb]![r]!);
        }
        return names[0]!.map((_, r) => names.map((column) => column[r]!));
      });
      await computeShard(
        { dtype, ...size, a: a!, b: b! },
        {
          backend: watched,
          lane: new FetchQueue({ fetch: async (hash) => store.get(hash)! }).lane(),
          clock: systemClock,
          signal: new AbortController().signal,
          onProgress: () => {},
        },
      );
    }
  };
  await Promise.all(Array.from({ length: LEASES_IN_FLIGHT }, work));
  const busyMs = (await backend.stats()).busyMs - before;
  const wallMs = span.to - span.from;
  return { dtype, size, leases, wallMs, idle: 1 - busyMs / wallMs };
}

/** The backend, noting when its first accumulate was asked for and its last one ended. */
function watch(backend: Backend, span: { from: number; to: number }): Backend {
  const accumulate: Backend['accumulate'] = async (...args) => {
    span.from = Math.min(span.from, performance.now());
    try {
      return await backend.accumulate(...args);
    } finally {
      span.to = performance.now();
    }
  };
  return new Proxy(backend, {
    get(target, key) {
      if (key === 'accumulate') return accumulate;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
