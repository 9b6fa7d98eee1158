import { describe, expect, it } from 'vitest';
import { Drift, type ShardSpeed } from '../../src/contributor/drift.ts';

const KIND = { kernel: 'i8-dot4/i8', rows: 1024, cols: 2048, intensity: 1 };

function seen(drift: Drift, rates: readonly number[], own: Partial<ShardSpeed> = {}): number | undefined {
  for (const rate of rates) drift.add({ ...KIND, gpuMs: 1000, rate, ...own });
  return drift.value;
}

describe('drift', () => {
  it('is not known before four shards, and then says how far the latest are below the best', () => {
    const drift = new Drift();
    expect(seen(drift, [1e9, 1e9, 1e9])).toBeUndefined();
    expect(seen(drift, [1e9])).toBe(1);
    expect(seen(drift, [5e8, 5e8, 5e8, 5e8])).toBe(0.5);
    expect(seen(drift, [1e9, 1e9, 1e9, 1e9])).toBe(1);
  });

  it('takes neither one lucky shard for the best nor one slow shard for heat', () => {
    const drift = new Drift();
    expect(seen(drift, [1e9, 1e9, 1e9, 2e9, 1e9, 1e9, 1e9, 1e9])).toBeGreaterThanOrEqual(0.8);
    expect(seen(drift, [1e8])).toBeGreaterThan(0.6);
  });

  it('compares only like with like', () => {
    const drift = new Drift();
    seen(drift, [1e9, 1e9, 1e9, 1e9]);
    for (const own of [{ kernel: 'f32-a/f32' }, { rows: 16 }, { cols: 100 }, { intensity: 0.35 }]) {
      expect(seen(drift, [1e8, 1e8, 1e8], own)).toBeUndefined();
    }
    expect(seen(drift, [5e8, 5e8, 5e8, 5e8], { rows: 1000, intensity: 0.9 })).toBe(0.5);
  });

  it('skips shards too short to measure, and rates that are none', () => {
    const drift = new Drift();
    seen(drift, [1e9, 1e9, 1e9, 1e9]);
    expect(seen(drift, [1, 1, 1, 1], { gpuMs: 20 })).toBe(1);
    expect(seen(drift, [0, NaN, Infinity, -1])).toBe(1);
  });

  it('counts a long shard for more, and forgets kinds that have long not been seen', () => {
    const drift = new Drift();
    seen(drift, [1e9, 1e9, 1e9, 1e9]);
    drift.add({ ...KIND, gpuMs: 57_000, rate: 5e8 });
    expect(drift.value).toBeCloseTo(0.525);
    for (let i = 0; i < 40; i++) seen(drift, [1e9], { kernel: `${i}` });
    expect(seen(drift, [1e8])).toBeUndefined();
  });
});
