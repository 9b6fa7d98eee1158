import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import type { MosaicView } from '../../src/core/v1-figures.ts';
import {
  type EventListener,
  Figures,
  type FiguresNetwork,
  type FiguresState,
} from '../../src/page/figures.ts';
import * as json from '../../src/page/figures-json.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const MOSAIC: MosaicView = {
  job: 'j',
  project: 'p',
  state: 'running',
  rows: 2,
  cols: 2,
  tileRows: 1,
  tileCols: 1,
  cells: [4, 0],
  verified: null,
  contributors: [],
  version: 'e-5',
};
const NETWORK = { contributorsNow: 3, flopsLastMinute: 1, flopsLastHour: 2, jobsRunning: 1 };

/** A coordinator that says what the test says. */
class Scripted implements FiguresNetwork {
  answer: unknown = MOSAIC;
  asked = 0;
  readonly paths: string[] = [];
  listener: EventListener | undefined;

  json(): Promise<unknown> {
    this.asked += 1;
    return this.answer instanceof Error ? Promise.reject(this.answer) : Promise.resolve(this.answer);
  }

  events(path: string, listener: EventListener): () => void {
    this.paths.push(path);
    this.listener = listener;
    return () => {
      this.listener = undefined;
    };
  }

  say(name: string, number: number, data: unknown): void {
    this.listener?.event(name, `e-${number}`, typeof data === 'string' ? data : JSON.stringify(data));
  }

  verified(number: number, row: number, col: number, contributor = 'ann'): void {
    const event = {
      job: 'j',
      row,
      col,
      rows: 1,
      cols: 1,
      contributor,
      shard: 's',
      multiplyAdds: 1,
      verifiedMs: 1,
    };
    this.say('verified', number, event);
  }
}

function setUp(answer: unknown = MOSAIC) {
  const clock = new FakeClock();
  const home = new Scripted();
  home.answer = answer;
  const figures = new Figures(home, clock, seededRng(3));
  const states: FiguresState[] = [];
  figures.onChange((state) => states.push(state));
  figures.follow();
  return { clock, home, figures, states };
}

describe('following', () => {
  it('starts where the mosaic ends, and folds a burst into one change', async () => {
    const { clock, home, figures, states } = setUp();
    await clock.advance(0);
    expect(home.paths).toEqual(['v1/events?after=e-5']);
    home.say('network', 5, NETWORK);
    expect(figures.state).toMatchObject({ live: true, network: NETWORK });
    states.length = 0;
    for (let n = 0; n < 4; n++) home.verified(6 + n, n >> 1, n & 1);
    expect(states).toEqual([]);
    await clock.advance(100);
    expect(states).toHaveLength(1);
    expect(states[0]).toMatchObject({
      lit: [0, 1, 2, 3],
      mosaic: { cellsVerified: 4, contributors: ['ann'] },
    });
    home.say('network', 9, NETWORK);
    expect(figures.state.lit).toEqual([]);
    figures.stop();
    expect([home.listener, figures.state.live]).toEqual([undefined, false]);
    await clock.advance(120_000);
    expect([clock.pending, home.asked]).toEqual([0, 1]);
  });

  it('takes any number of events while no timer runs', async () => {
    const { clock, home, figures } = setUp();
    await clock.advance(0);
    for (let n = 0; n < 5000; n++) home.verified(6 + n, 0, 0);
    expect(figures.state.mosaic).toMatchObject({ version: 'e-5005', cellsVerified: 1 });
    figures.stop();
  });

  it('connects again after a break, later and later, from what it knows by then', async () => {
    const { clock, home, figures } = setUp();
    await clock.advance(0);
    home.verified(6, 0, 0);
    home.listener!.failed();
    await clock.advance(0);
    expect(figures.state).toMatchObject({ live: false, mosaic: { cellsVerified: 1 } });
    home.answer = new AppError('unreachable', 'gone');
    await clock.advance(60_000);
    const asked = home.asked;
    expect(asked).toBeGreaterThan(4);
    expect(asked).toBeLessThan(12);
    await clock.advance(60_000);
    expect(home.asked - asked).toBeLessThan(4);
    home.answer = { ...MOSAIC, version: 'f-2', cells: [1, 1, 3, 0], contributors: ['bob'] };
    figures.wake();
    await clock.advance(0);
    expect(home.paths.at(-1)).toBe('v1/events?after=f-2');
    home.say('network', 0, NETWORK);
    expect(figures.state).toMatchObject({ live: true, mosaic: { contributors: ['bob'] } });
    figures.stop();
  });

  it('takes silence for a break', async () => {
    const { clock, home } = setUp();
    await clock.advance(0);
    home.say('network', 5, NETWORK);
    await clock.advance(19_000);
    expect(home.paths).toHaveLength(1);
    home.say('network', 5, NETWORK);
    await clock.advance(22_000);
    expect(home.paths).toHaveLength(2);
  });

  it('fetches the mosaic anew after a reset, and when its job ends or another begins in its place', async () => {
    const { clock, home, figures } = setUp();
    await clock.advance(0);
    const turns = async (name: string, data: unknown): Promise<boolean> => {
      const before = home.asked;
      home.say(name, 9, data);
      await clock.advance(2000);
      return home.asked > before;
    };
    expect(await turns('job', { job: 'other', change: 'created' })).toBe(false);
    expect(await turns('job', { job: 'other', change: 'finished' })).toBe(false);
    expect(await turns('from a later version', {})).toBe(false);
    expect(await turns('reset', {})).toBe(true);
    home.answer = { ...MOSAIC, state: 'done' };
    expect(await turns('job', { job: 'j', change: 'finished' })).toBe(true);
    expect(await turns('job', { job: 'k', change: 'created' })).toBe(true);
    expect(home.listener).toBeDefined();
    figures.stop();
  });

  it('waits for a first job where there was none', async () => {
    const { clock, home, figures } = setUp(new AppError('not-found', 'none'));
    await clock.advance(0);
    expect(home.paths).toEqual(['v1/events']);
    home.answer = MOSAIC;
    home.say('job', 1, { job: 'j', change: 'created' });
    await clock.advance(2000);
    expect(figures.state.mosaic?.job).toBe('j');
    figures.stop();
  });

  it.each([
    ['no JSON', '{'],
    ['an array', '[]'],
    ['a negative row', JSON.stringify({ job: 'j', row: -1 })],
  ])('takes an event of %s for a break, and shows nothing of it', async (_what, data) => {
    const { clock, home, figures } = setUp();
    await clock.advance(0);
    home.say('verified', 6, data);
    await clock.advance(100);
    expect(figures.state.mosaic).toMatchObject({ cellsVerified: 0 });
    expect(home.listener).toBeUndefined();
    await clock.advance(2000);
    expect(home.listener).toBeDefined();
    figures.stop();
  });

  it('ends also in the middle of a wait, and may begin again', async () => {
    const { clock, home, figures } = setUp(new AppError('unreachable', 'gone'));
    await clock.advance(0);
    figures.stop();
    await clock.advance(0);
    expect(clock.pending).toBe(0);
    home.answer = MOSAIC;
    figures.follow();
    figures.follow();
    await clock.advance(0);
    expect(home.paths).toHaveLength(1);
    figures.stop();
  });
});

describe('odd JSON', () => {
  const readers = Object.entries(json) as [string, (value: unknown) => unknown][];

  it.each(readers)('is an error in %s, never anything else', (_name, read) => {
    const known = fc.constantFrom(
      'rows',
      'cols',
      'tileRows',
      'tileCols',
      'cells',
      'job',
      'state',
      'contributors',
      'version',
      'by',
      'window',
      'rank',
      'shards',
      'multiplyAdds',
      'microcredits',
      'receipts',
      'jobs',
      'contributorsNow',
    );
    const value = fc.oneof(fc.jsonValue(), fc.dictionary(known, fc.jsonValue()));
    fc.assert(
      fc.property(value, (odd) => {
        try {
          read(odd);
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'unreachable') throw error;
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of names is made harmless, one by one', () => {
    const row = {
      rank: 1,
      contributor: 'c',
      team: '',
      members: 1,
      shards: 1,
      multiplyAdds: 1,
      microcredits: '1',
    };
    const board = { by: 'contributor', window: 'all' };
    const names = ['<img src=x onerror=alert(1)>', 'a\u202Eb', 'x'.repeat(500), 'Z' + '\u0335'.repeat(50)];
    const { rows } = json.readLeaderboard({ ...board, rows: names.map((name) => ({ ...row, name })) });
    expect(rows.map(({ name }) => name)).toEqual(['<img src=x onerror=alert(1)>', 'ab', '', '']);
  });
});
