import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replay } from './replay.ts';
import { checkAtEnd } from './rules.ts';
import { Simulation, jobSpec } from './simulation.ts';

const SEEDS = 200;
/** Every so manyth is carried out in SQL as well. */
const IN_SQL = 25;

const run = (seed: number, faults = true): Simulation => new Simulation({ seed, faults }).run();

const JOBS = [
  jobSpec('one', 256 * 12 - 3, 256 * 9),
  jobSpec('two', 256 * 5, 256 * 20 - 100, { k: 130_000, createdMs: 1 }),
  jobSpec('urgent', 700, 700, { priority: 5, createdMs: 2 }),
];

const large = (seed: number): Simulation => new Simulation({ seed, jobs: JOBS, contributors: 12 }).run();

describe(`a coordinator that dies between any two steps, over ${SEEDS} seeds`, () => {
  let replay: Replay;
  const trace = new Set<string>();
  let crashes = 0;

  beforeAll(async () => {
    replay = await Replay.open();
  });
  afterAll(() => replay.close());

  it('ends every job, loses nothing, credits nothing twice, and says in SQL what the model says', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const simulation = run(seed);
      crashes += simulation.crashes;
      for (const line of simulation.trace) trace.add(kindOf(line));
      if (seed % IN_SQL === 0) await replay.run(simulation);
    }
    await replay.finish();
    expect(replay.settled).toBeGreaterThan(50);
  }, 60_000);

  it('meets every kind of trouble in these runs', () => {
    expect(crashes).toBeGreaterThan(SEEDS);
    for (const trouble of [
      'the coordinator dies',
      'the disk fails',
      'X cannot be settled: the disk fails',
      'C is cut off',
      'C leaves',
      'C declines X',
      'C claims X falsely',
      'C’s X is rejected',
      'C’s X is stale',
      'C’s X is known',
      'C’s X is interrupted',
      'C’s X is verified',
      'C has the receipt of X',
    ])
      expect(Array.from(trace)).toContain(trouble);
  });

  it('notices a ledger that answers otherwise', async () => {
    const simulation = run(4);
    const at = simulation.record.journal.findIndex((entry) => entry.op === 'settle' && entry.settled);
    const entry = simulation.record.journal[at]!;
    if (entry.op !== 'settle' || !entry.settled) throw new Error('seed 4 settles nothing');
    const wrong = { ...entry, settled: { ...entry.settled, balance: entry.settled.balance + 1n } };
    simulation.record.journal[at] = wrong;
    await expect(replay.run(simulation)).rejects.toThrow('settle: SQL says');
  });
});

describe('the simulation', () => {
  it('replays event for event from the same seed, and differs for another', () => {
    for (const seed of [7, 8, 9]) {
      expect(run(seed).trace).toEqual(run(seed).trace);
      expect(run(seed).hash).toBe(run(seed).hash);
    }
    expect(run(7).hash).not.toBe(run(8).hash);
  });

  it('notices a shard that is lost, a cell that is credited twice, and a log that was rewritten', () => {
    const lost = run(5);
    lost.record.shards.delete(lost.record.shards.keys().next().value!);
    expect(() => checkAtEnd(lost)).toThrow('credited twice, or not at all');

    const twice = run(5);
    const [first] = twice.record.shards.values();
    twice.record.shards.set('another', { ...first!, lease: { ...first!.lease, id: 'another' } });
    expect(() => checkAtEnd(twice)).toThrow('credited twice, or not at all');

    const rewritten = run(5);
    rewritten.checkpoints.push({ size: 1, digest: 'of another first leaf' });
    expect(() => checkAtEnd(rewritten)).toThrow('rewritten');
    const cut = run(5);
    cut.checkpoints.push({ size: cut.record.log.length + 1, digest: '' });
    expect(() => checkAtEnd(cut)).toThrow('the log was cut');
  });
});

describe('the scheduler among contributors that leave, stall, decline, lie and steal, where nothing else fails', () => {
  it('ends every job, each cell verified exactly once, each lease with an id of its own', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { record, granted } = large(seed);
      for (const job of record.jobs.values()) expect(job.state).toBe('done');
      expect(new Set(granted.map((lease) => lease.id)).size).toBe(granted.length);
    }
  });

  it('does the urgent job first', () => {
    const { granted } = large(3);
    expect(granted[0]!.job.id).toBe('urgent');
  });
});

/** The line without its time and its names. */
function kindOf(line: string): string {
  return line
    .slice(line.indexOf(' ') + 1)
    .replaceAll(/\bc\d+\b/g, 'C')
    .replaceAll(/[0-9a-f]{32}/g, 'X');
}
