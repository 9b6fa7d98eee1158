/** What the network page asks for and when, and how its numbers and words are written. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import type { NetworkView } from '../../src/core/v1.ts';
import type { ContributorFiguresView, LeaderboardView } from '../../src/core/v1-figures.ts';
import type { FiguresState } from '../../src/page/figures.ts';
import { logEntryPath } from '../../src/page/log-entry.ts';
import { mosaicFrom } from '../../src/page/mosaic-state.ts';
import { hearingOf, isWhole } from '../../src/page/network-page.ts';
import { type FiguresSource, NetworkWatch } from '../../src/page/network-watch.ts';
import { ago, credited, measured, shortened } from '../../src/page/shown-numbers.ts';
import { shownDe } from '../../src/page/strings-shown-de.ts';
import { shownEn } from '../../src/page/strings-shown-en.ts';
import { parseTilePath, tileExists } from '../../src/protocol/tiles.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const NETWORK: NetworkView = {
  network: 'n',
  coordinator: 'c',
  contributorsNow: 1,
  jobsRunning: 0,
  shardsVerified: 0,
  multiplyAddsVerified: 0,
  flopsLastMinute: 0,
  flopsLastHour: 0,
  jobs: [],
  receipts: [],
};
const NOTHING = { shards: 0, multiplyAdds: 0, microcredits: '0' };
const JOB = mosaicFrom({
  job: 'j',
  project: 'p',
  state: 'running',
  rows: 1,
  cols: 1,
  tileRows: 1,
  tileCols: 1,
  cells: [1, 0],
  verified: null,
  contributors: [],
  version: 'e-1',
});
const PEER = `12D3KooW${'a'.repeat(44)}`;

class FakeFigures implements FiguresSource {
  state: FiguresState = { mosaic: undefined, network: undefined, live: false, lit: [] };
  readonly asked: string[] = [];
  failing = false;
  #listener: (state: FiguresState) => void = () => {};
  onChange(listener: (state: FiguresState) => void): () => void {
    this.#listener = listener;
    return () => {};
  }
  change(change: Partial<FiguresState>): void {
    this.state = { ...this.state, ...change };
    this.#listener(this.state);
  }
  follow(): void {
    this.asked.push('follow');
  }
  stop(): void {
    this.asked.push('stop');
  }
  network(): Promise<NetworkView> {
    return this.#answer('network', NETWORK);
  }
  leaderboard(by: LeaderboardView['by'], window: LeaderboardView['window']): Promise<LeaderboardView> {
    return this.#answer(`${by} ${window}`, { by, window, rows: [] });
  }
  contributor(id: string): Promise<ContributorFiguresView> {
    const own = { contributor: id, name: '', team: '', profile: null, rank: null };
    return this.#answer('contributor', { ...own, ...NOTHING, day: NOTHING, week: NOTHING });
  }
  #answer<T>(what: string, value: T): Promise<T> {
    this.asked.push(what);
    return this.failing ? Promise.reject(new AppError('unreachable', 'no')) : Promise.resolve(value);
  }
}

function watching() {
  const [figures, clock] = [new FakeFigures(), new FakeClock()];
  return { figures, clock, watch: new NetworkWatch(figures, clock) };
}

describe('the network page', () => {
  it('asks for the network every ten seconds, for the ranks once a minute, and for nothing once stopped', async () => {
    const { figures, clock, watch } = watching();
    watch.start();
    watch.start();
    await clock.advance(65_000);
    const asked = (what: string): number => figures.asked.filter((each) => each === what).length;
    expect([asked('follow'), asked('network'), asked('contributor week')]).toEqual([1, 7, 2]);
    watch.stop();
    const before = figures.asked.length;
    await clock.advance(60_000);
    expect([figures.asked.length, clock.pending]).toEqual([before, 0]);
    watch.start();
    await clock.advance(1);
    expect(asked('network')).toBe(8);
  });

  it('asks soon when the picture is of another job, once, and not any more when stopped', async () => {
    const { figures, clock, watch } = watching();
    const asked = (): number => figures.asked.filter((each) => each === 'network').length;
    watch.start();
    await clock.advance(1000);
    figures.change({ mosaic: JOB });
    figures.change({ mosaic: { ...JOB, job: 'another' } });
    await clock.advance(3000);
    expect(asked()).toBe(2);
    figures.change({ mosaic: JOB });
    watch.stop();
    figures.change({ mosaic: undefined });
    await clock.advance(10_000);
    expect([asked(), clock.pending]).toEqual([2, 0]);
  });

  it('says whether it has heard anything, and whether that is old', async () => {
    const { figures, clock, watch } = watching();
    expect(hearingOf(watch.state)).toBe('loading');
    figures.failing = true;
    watch.start();
    await clock.advance(1);
    expect(hearingOf(watch.state)).toBe('unreachable');
    figures.failing = false;
    await clock.advance(10_000);
    expect(hearingOf(watch.state)).toBe('stale');
    figures.change({ live: true });
    expect(hearingOf(watch.state)).toBe('live');
    expect(watch.state.board).toMatchObject({ failed: false, view: { rows: [] } });
    figures.failing = true;
    await clock.advance(10_000);
    expect(hearingOf(watch.state)).toBe('stale');
    expect(watch.state.network).toBe(NETWORK);
  });

  it('is whole with the first answers, or when there are none', async () => {
    const { figures, clock, watch } = watching();
    watch.start();
    figures.change({ mosaic: JOB });
    expect(isWhole(watch.state)).toBe(false);
    await clock.advance(1);
    expect(isWhole(watch.state)).toBe(false);
    figures.change({ live: true });
    expect(isWhole(watch.state)).toBe(true);
    const deaf = watching();
    deaf.figures.failing = true;
    deaf.watch.start();
    await deaf.clock.advance(1);
    expect(isWhole(deaf.watch.state)).toBe(true);
  });

  it('shows the list that was chosen last, whichever answer comes last', async () => {
    const { clock, watch } = watching();
    watch.chooseBoard('team', 'day');
    watch.chooseBoard('contributor', 'all');
    expect(watch.state.board.view).toBeUndefined();
    await clock.advance(1);
    expect(watch.state.board).toMatchObject({ by: 'contributor', window: 'all', view: { window: 'all' } });
  });

  it('looks up what can be an id, and asks nobody about anything else', async () => {
    const { figures, clock, watch } = watching();
    watch.lookUp('<img src=x>');
    expect(watch.state.search.stage).toBe('malformed');
    expect(figures.asked).toEqual([]);
    watch.lookUp(` ${PEER}\n`);
    expect(watch.state.search).toMatchObject({ id: PEER, stage: 'asking' });
    await clock.advance(1);
    expect(watch.state.search).toMatchObject({ stage: 'found', found: { contributor: PEER } });
    watch.lookUp(PEER);
    watch.lookUp('');
    await clock.advance(1);
    expect(watch.state.search).toEqual({ id: '', stage: 'idle', found: undefined });
    figures.failing = true;
    watch.lookUp(PEER);
    await clock.advance(1);
    expect(watch.state.search.stage).toBe('failed');
  });
});

describe('numbers and words', () => {
  it('are written as each language does', () => {
    expect(measured('en', 12_345_678_901, 'FLOP/s')).toBe('12.3 GFLOP/s');
    expect(measured('de', 1_234_567_890_123, 'FLOP/s')).toBe('1,23 TFLOP/s');
    expect([measured('en', 0, 'FLOP'), measured('en', 999.7, 'FLOP')]).toEqual(['0 FLOP', '1 kFLOP']);
    expect([credited('en', '2041'), credited('de', '3430000'), credited('en', '1234567890123')]).toEqual([
      '0.002041',
      '3,43',
      '1,234,568',
    ]);
    expect([4999, -5, 7000, 125_000, 7_300_000, 200_000_000].map((ms) => ago('en', ms))).toEqual([
      undefined,
      undefined,
      '7 seconds ago',
      '2 minutes ago',
      '2 hours ago',
      '2 days ago',
    ]);
    expect(shortened(PEER)).toBe('12D3KooW…aaaaaa');
    expect(shownEn.mosaic.described(61, 1600, 312, 'Finished.')).toBe(
      '61 % of 1,600 tiles verified, 312 of them yours. Finished.',
    );
    expect(shownDe.mosaic.described(61, 1600, 312, 'Fertig.')).toBe(
      '61 % von 1.600 Kacheln geprüft, davon 312 von Ihnen. Fertig.',
    );
  });

  it('are there in both languages, none of them empty or the same by mistake', () => {
    const texts = (value: unknown, path = ''): [string, string][] =>
      typeof value === 'string'
        ? [[path, value]]
        : typeof value === 'function'
          ? [[path, (value as (...given: unknown[]) => string)(61, 1600, 312, 'x')]]
          : Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
    const [english, german] = [texts(shownEn), texts(shownDe)];
    expect(german.map(([path]) => path)).toEqual(english.map(([path]) => path));
    const same = english.filter(([, text], i) => text === '' || text === german[i]![1]);
    expect(same.map(([path]) => path)).toEqual([
      '.leaderboard.bys.team',
      '.leaderboard.who',
      '.leaderboard.team',
    ]);
  });

  it('name an entry’s place in the log where the log serves it, as soon as it is there', () => {
    for (const index of [0, 1, 254, 255, 256, 70_000, 256_000, 300_000_123]) {
      const path = logEntryPath(index);
      const tile = parseTilePath(path.replace(/^log\//, ''));
      expect(tile).toMatchObject({ level: 'entries', index: Math.floor(index / 256) });
      expect(tileExists(tile!, index + 1)).toBe(true);
      expect(tileExists(tile!, index)).toBe(false);
    }
  });
});
