/** What people see while they wait: rates, bars, lines. */
import { describe, expect, it } from 'vitest';
import { JobMeter, counted, progressText } from '../../src/cli/meter.ts';
import { lineBar } from '../../src/cli/terminal.ts';
import { jobView } from '../client/server.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const work = (multiplyAddsVerified: number) => jobView({ multiplyAddsVerified, multiplyAddsTotal: 100e9 });

describe('the meter of a job', () => {
  it('knows nothing before the first shard', async () => {
    const clock = new FakeClock();
    const meter = new JobMeter(clock);
    expect(meter.rate).toBe(0);
    meter.update(work(0));
    await clock.advance(5_000);
    meter.update(work(0));
    expect(meter.rate).toBe(0);
    expect(meter.leftMs).toBeUndefined();
  });

  it('tells the rate and the time left, and slows down while nothing comes', async () => {
    const clock = new FakeClock();
    const meter = new JobMeter(clock);
    meter.update(work(0));
    await clock.advance(10_000);
    meter.update(work(20e9));
    expect(meter.rate).toBe(2e9);
    expect(meter.leftMs).toBe(40_000);
    await clock.advance(10_000);
    expect(meter.rate).toBe(1e9);
  });

  it('follows a change of pace within its window', async () => {
    const clock = new FakeClock();
    const meter = new JobMeter(clock);
    for (let second = 0; second <= 60; second++) {
      meter.update(work(second * 1e9));
      await clock.advance(1_000);
    }
    for (let second = 61; second <= 120; second++) {
      meter.update(work(60e9 + (second - 60) * 0.5e9));
      await clock.advance(1_000);
    }
    expect(meter.rate / 0.5e9).toBeCloseTo(1, 1);
  });

  it('counts from where it came in when a job is half done', async () => {
    const clock = new FakeClock();
    const meter = new JobMeter(clock);
    meter.update(work(50e9));
    await clock.advance(1_000);
    meter.update(work(51e9));
    expect(meter.rate).toBe(1e9);
  });

  it('says it in words', async () => {
    const clock = new FakeClock();
    const meter = new JobMeter(clock);
    meter.update(work(0));
    await clock.advance(10_000);
    const contributions = [{ contributor: 'x', shards: 1, multiplyAdds: 1, microcredits: '1' }];
    const view = { ...work(20e9), shards: 1, contributions };
    meter.update(view);
    expect(progressText(view, meter)).toBe('4.00 GFLOP/s, 1 shard, 1 contributor, 40 s left');
    expect(progressText({ ...view, cellsVerified: 2, shards: 1204 }, meter)).toBe(
      '4.00 GFLOP/s, 1,204 shards, 1 contributor',
    );
    expect(progressText(jobView(), new JobMeter(clock))).toBe('0 shards, 0 contributors');
    expect(counted(1, 'shard')).toBe('1 shard');
  });
});

describe('a bar without a terminal', () => {
  it('writes a line now and then, at the end, and when there is nobody to compute', async () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const bar = lineBar('multiply', clock, (line) => lines.push(line));
    const waiting = 'waiting for contributors: open http://x in a browser';
    bar.update(0, waiting);
    bar.update(0, waiting);
    await clock.advance(20_000);
    bar.update(0, waiting);
    for (let percent = 1; percent <= 100; percent++) {
      bar.update(percent / 100, `${percent} shards`);
      await clock.advance(500);
    }
    bar.update(1, '100 shards');
    bar.end();
    expect(lines[0]).toBe(`multiply 0 %  ${waiting}`);
    expect(lines.at(-1)).toBe('multiply 100 %  100 shards');
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThan(15);
  });

  it('says again that nobody is there when it happens again', () => {
    const lines: string[] = [];
    const bar = lineBar('multiply', new FakeClock(), (line) => lines.push(line));
    bar.update(0, 'waiting for contributors');
    bar.update(0.01, '1 shard');
    bar.update(0.01, 'waiting for contributors');
    bar.update(0.01, 'waiting for contributors');
    expect(lines).toEqual([
      'multiply 0 %  waiting for contributors',
      'multiply 1 %  waiting for contributors',
    ]);
  });
});
