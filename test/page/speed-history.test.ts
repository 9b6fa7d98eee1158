/** The minutes behind the curve of one's speed. */
import { describe, expect, it } from 'vitest';
import type { Stage } from '../../src/contributor/api.ts';
import { SpeedKeeper } from '../../src/page/speed-keeper.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import {
  HISTORY_MINUTES,
  NO_HISTORY,
  type SpeedHistory,
  binsOf,
  historyText,
  readHistory,
  record,
  summaryOf,
} from '../../src/page/speed-history.ts';

const MINUTE = 60_000;
/** A full hour. */
const T = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000);
const at = (minute: number, second = 0): number => T + minute * MINUTE + second * 1000;

/** Samples as [minute, GFLOP/s]. */
const kept = (...samples: [number, number][]): SpeedHistory =>
  samples.reduce((history, [minute, giga]) => record(history, at(minute), giga * 1e9), NO_HISTORY);
const gigas = ({ values }: SpeedHistory): (number | undefined)[] =>
  values.map((value) => (value === undefined ? undefined : value / 1e9));

describe('the history of a speed', () => {
  it('keeps one value a minute: the mean of its samples', () => {
    let history = record(NO_HISTORY, at(0, 1), 100e9);
    history = record(history, at(0, 20), 200e9);
    history = record(history, at(0, 59), 300e9);
    history = record(history, at(1, 0), 50e9);
    expect(gigas(history)).toEqual([200, 50]);
    expect(history.start).toBe(at(0) / MINUTE);
  });

  it('leaves a gap for minutes that nobody worked in', () => {
    expect(gigas(kept([0, 100], [3, 200]))).toEqual([100, undefined, undefined, 200]);
  });

  it('holds a day and no more, whatever comes', () => {
    let history = NO_HISTORY;
    for (let minute = 0; minute < 3000; minute++) history = record(history, at(minute), (minute + 1) * 1e6);
    expect(history.values).toHaveLength(HISTORY_MINUTES);
    expect(history.start).toBe(at(3000 - HISTORY_MINUTES) / MINUTE);
    expect(history.values.at(-1)).toBe(3000e6);
    expect(gigas(record(history, at(3000 + HISTORY_MINUTES), 7e9))).toEqual([7]);
  });

  it('forgets what came from a clock that was ahead', () => {
    const ahead = kept([0, 100], [300, 200], [301, 200]);
    expect(gigas(record(ahead, at(1), 50e9))).toEqual([100, 50]);
    expect(gigas(record(ahead, at(-5), 50e9))).toEqual([50]);
  });

  it('keeps nothing of nonsense', () => {
    const history = kept([0, 100]);
    for (const flops of [0, -1, Number.NaN, Infinity, 1e30])
      expect(record(history, at(1), flops)).toBe(history);
    for (const ms of [-1, Number.NaN, Infinity]) expect(record(history, ms, 1e9)).toBe(history);
  });

  it('never changes what it gave away', () => {
    const before = kept([0, 100]);
    record(before, at(0, 30), 300e9);
    record(before, at(5), 300e9);
    expect(gigas(before)).toEqual([100]);
  });
});

describe('its text', () => {
  it('is read again, to three digits', () => {
    const history = kept([0, 123.456], [2, 0.001_234], [9, 98_765]);
    expect(historyText(history)).toBe(`1;${at(0) / MINUTE};123,*1,0.00123,*6,98800`);
    const read = readHistory(historyText(history));
    expect(gigas(read).map((giga) => giga && Number(giga.toPrecision(3)))).toEqual(
      gigas(history).map((giga) => giga && Number(giga.toPrecision(3))),
    );
    expect(gigas(record(read, at(10), 5e9)).slice(9)).toEqual([98_800, 5]);
    expect(historyText(readHistory(historyText(read)))).toBe(historyText(read));
  });

  it('is small for a whole day', () => {
    let history = NO_HISTORY;
    for (let minute = 0; minute < HISTORY_MINUTES; minute++)
      history = record(history, at(minute), (400 + (minute % 17) / 9) * 1e9);
    expect(historyText(history).length).toBeLessThan(8000);
    expect(readHistory(historyText(history)).values).toHaveLength(HISTORY_MINUTES);
  });

  it.each([
    null,
    '',
    '1',
    '1;28000000;',
    '2;28000000;1',
    '1;-5;1',
    '1;28000000;1;2',
    '1;28000000;1,,2',
    '1;28000000;1,*3',
    '1;28000000;*9999,1',
    `1;28000000;${'1,'.repeat(HISTORY_MINUTES)}1`,
    '1;28000000;1e999',
    '1;28000000;-1',
    '1;28000000;0',
    '1;28000000;NaN',
    '1;999999999999;1',
    `1;28000000;${' '.repeat(100_000)}1`,
    '<script>',
  ])('is no history when it is %j', (text) => {
    expect(readHistory(text)).toBe(NO_HISTORY);
  });
});

describe('what is shown of it', () => {
  it('stands in round steps of the clock, the last of which is not over', () => {
    const bins = binsOf(kept([0, 100], [1, 200], [6, 300]), at(7), 15, 5);
    expect(bins.map(({ fromMs }) => (fromMs - T) / MINUTE)).toEqual([-5, 0, 5]);
    expect(bins.map(({ worked, mean, best }) => [worked, mean, best])).toEqual([
      [0, undefined, undefined],
      [2, 150e9, 200e9],
      [1, 300e9, 300e9],
    ]);
  });

  it('is a mean of the time at work, of the last hour alone', () => {
    const history = kept([0, 1000], [30, 100], [70, 200]);
    expect(summaryOf(history, at(75), 60)).toEqual({ worked: 2, mean: 150e9, best: 200e9 });
    expect(summaryOf(history, at(75), 1440)).toMatchObject({ worked: 3, best: 1000e9 });
    expect(summaryOf(history, at(5000), 60)).toEqual({ worked: 0, mean: undefined, best: undefined });
    expect(summaryOf(NO_HISTORY, at(0), 60).worked).toBe(0);
    expect(binsOf(history, at(5000), 60, 1).every(({ worked }) => worked === 0)).toBe(true);
  });
});

describe('the keeper of the history', () => {
  function shelf() {
    const kept = new Map<string, string>();
    let writes = 0;
    const storage = {
      getItem: (key: string): string | null => kept.get(key) ?? null,
      setItem: (key: string, text: string): void => {
        writes += 1;
        kept.set(key, text);
      },
    };
    return { storage, writes: () => writes };
  }
  const working = (rate: number, stage: Stage = 'computing') => ({ stage, paused: false, rate });

  it('finds the last visit again, and writes once a minute', async () => {
    const clock = new FakeClock(T);
    const { storage, writes } = shelf();
    const first = new SpeedKeeper({ storage, clock });
    await clock.advance(MINUTE);
    for (let second = 0; second < 180; second++) {
      first.onStatus(working(50e9));
      await clock.advance(1000);
    }
    expect(writes()).toBe(3);
    const second = new SpeedKeeper({ storage, clock });
    expect(gigas(second.history)).toEqual([100, 100, 100]);
  });

  it('takes nothing while it is paused, waits, or has no speed yet', async () => {
    const clock = new FakeClock(T);
    const { storage, writes } = shelf();
    const keeper = new SpeedKeeper({ storage, clock });
    await clock.advance(MINUTE);
    keeper.onStatus({ ...working(5e9), paused: true });
    for (const stage of ['stopped', 'testing', 'connecting', 'waiting', 'failed'] as const)
      keeper.onStatus(working(5e9, stage));
    keeper.onStatus(working(0));
    expect(keeper.history).toBe(NO_HISTORY);
    expect(writes()).toBe(0);
  });

  it('goes on from what another tab has kept meanwhile', async () => {
    const clock = new FakeClock(T);
    const { storage } = shelf();
    const [one, other] = [new SpeedKeeper({ storage, clock }), new SpeedKeeper({ storage, clock })];
    await clock.advance(MINUTE);
    one.onStatus(working(1e9));
    await clock.advance(MINUTE);
    other.onStatus(working(2e9));
    await clock.advance(MINUTE);
    one.onStatus(working(3e9));
    expect(gigas(one.history)).toEqual([2, 4, 6]);
  });

  it('keeps the history of the visit where nothing can be stored, or all of it is full', async () => {
    const clock = new FakeClock(T);
    const fails = (): never => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    for (const storage of [undefined, { getItem: fails, setItem: fails }]) {
      const keeper = new SpeedKeeper({ storage, clock });
      await clock.advance(MINUTE);
      keeper.onStatus(working(1e9));
      await clock.advance(MINUTE);
      keeper.onStatus(working(1e9));
      expect(gigas(keeper.history)).toEqual([2, 2]);
    }
  });
});
