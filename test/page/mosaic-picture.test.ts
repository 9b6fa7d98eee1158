/** Where the tiles of a mosaic lie, what they look like, and how little is drawn. Pixels: network-chromium.test.ts. */
import { describe, expect, it } from 'vitest';
import type { MosaicView } from '../../src/core/v1-figures.ts';
import { layoutOf, tileAt } from '../../src/page/mosaic-layout.ts';
import {
  BARE,
  countsOf,
  looksOf,
  lookOf,
  milestoneOf,
  ownerOf,
  sharesOf,
  styleOf,
} from '../../src/page/mosaic-looks.ts';
import { type Frames, MosaicPainter, type Picture } from '../../src/page/mosaic-painter.ts';
import { mosaicFrom } from '../../src/page/mosaic-state.ts';

const mosaic = (fields: Partial<MosaicView> = {}) =>
  mosaicFrom({
    job: 'j',
    project: 'p',
    state: 'running',
    rows: 2,
    cols: 3,
    tileRows: 1,
    tileCols: 1,
    cells: [2, 1, 1, 2, 2, 0, 1, 3],
    verified: null,
    contributors: ['ann', 'bob'],
    version: 'e-1',
    ...fields,
  });

describe('the layout of a mosaic', () => {
  it.each([
    [200, 200, 700, 560, 1],
    [200, 200, 328, 560, 3],
    [40, 25, 700, 560, 1.5],
    [1, 200, 320, 560, 2],
    [200, 1, 320, 560, 1],
    [1, 1, 320, 560, 2.625],
  ])('of %i × %i in %i × %i at ratio %f fits, on whole device pixels', (down, across, wide, high, ratio) => {
    const layout = layoutOf({ down, across }, wide, high, ratio);
    for (const value of [layout.pitch, layout.size, layout.width, layout.height])
      expect(Number.isInteger(value) && value >= 1).toBe(true);
    expect(layout.width / ratio).toBeLessThanOrEqual(wide);
    expect(layout.height / ratio).toBeLessThanOrEqual(high);
  });

  it('leaves a joint between tiles that have room for one', () => {
    const [small, large] = [3.5, 30].map((width) => layoutOf({ down: 1, across: 1 }, width, 99, 1));
    expect([small!.pitch - small!.size, large!.pitch - large!.size]).toEqual([1, 3]);
    expect(layoutOf({ down: 1, across: 200 }, 400, 99, 1)).toMatchObject({ pitch: 2, size: 2 });
  });

  it('finds every tile again by its corners, and none outside', () => {
    const layout = layoutOf({ down: 3, across: 5 }, 200, 200, 2);
    for (let tile = 0; tile < 15; tile++) {
      const [x, y] = [(tile % 5) * layout.pitch, Math.floor(tile / 5) * layout.pitch];
      expect(tileAt(layout, x, y)).toBe(tile);
      expect(tileAt(layout, x + layout.size - 0.1, y + layout.size - 0.1)).toBe(tile);
    }
    expect(tileAt(layout, -1, 0)).toBeUndefined();
    expect(tileAt(layout, layout.pitch * 5, 0)).toBeUndefined();
    expect(tileAt(layout, 0, layout.pitch * 3)).toBeUndefined();
  });
});

describe('the looks of tiles', () => {
  it('tell open, others, yours and those who are not listed apart', () => {
    const looks = looksOf(mosaic(), 'bob');
    expect(looks[3]).toBe(BARE);
    expect(lookOf(looks[2]!)).toEqual({ yours: true, tone: 0, pattern: 0, share: 1 });
    expect([lookOf(looks[0]!).yours, lookOf(looks[4]!).yours]).toEqual([false, false]);
    expect(looks[0]).toBe(looks[1]);
    expect(new Set(looks).size).toBe(4);
  });

  it('stay with a contributor from job to job, and differ among many', () => {
    const people = Array.from({ length: 200 }, (_, i) => `12D3KooW${i}`);
    const styles = people.map((each) => styleOf(each, 'me'));
    expect(people.toReversed().map((each) => styleOf(each, ''))).toEqual(styles.toReversed());
    expect(new Set(styles).size).toBeGreaterThan(30);
    for (const style of styles) expect(style).toBeGreaterThan(2);
  });

  it('show how much of a tile of several cells is verified', () => {
    const state = mosaic({ rows: 3, tileRows: 2, cols: 1, cells: [2, 1], verified: [2, 1] });
    expect(Array.from(looksOf(state, ''), (look) => lookOf(look).share)).toEqual([128 / 255, 1]);
  });
});

describe('the text beside the picture', () => {
  it('counts tiles, yours and whole per cent, and says 100 only at the end', () => {
    expect(countsOf(mosaic(), 'bob')).toEqual({ tiles: 6, yours: 1, percent: 66 });
    expect(countsOf(mosaic(), 'eve').yours).toBe(0);
    const almost = mosaic({ rows: 200, cols: 100, cells: [19_999, 1, 1, 0] });
    expect(countsOf(almost, '').percent).toBe(99);
    expect(countsOf(mosaic({ cells: [6, 1] }), '').percent).toBe(100);
  });

  it('speaks up at round percentages only', () => {
    expect([0, 9, 10, 61, 69, 98, 99, 100].map(milestoneOf)).toEqual([0, 0, 10, 60, 60, 90, 99, 100]);
  });

  it('names who has most first, and who has a tile', () => {
    expect(sharesOf(mosaic())).toEqual([
      { contributor: 'ann', tiles: 2 },
      { contributor: 'bob', tiles: 1 },
      { contributor: undefined, tiles: 1 },
    ]);
    expect([0, 2, 3, 5].map((tile) => ownerOf(mosaic(), tile))).toEqual(['ann', 'bob', undefined, '']);
  });
});

/** Frames that come when the test says so. */
class HandFrames implements Frames {
  waiting: ((ms: number) => void) | undefined;
  asked = 0;
  next(callback: (ms: number) => void): () => void {
    this.asked += 1;
    this.waiting = callback;
    return () => {
      this.waiting = undefined;
    };
  }
  frame(ms: number): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(ms);
  }
}

/** Takes every call and draws nothing. */
const nowhere = (): CanvasRenderingContext2D =>
  new Proxy({ canvas: { width: 0, height: 0 } } as unknown as CanvasRenderingContext2D, {
    get: (target, name) => (name === 'canvas' ? target.canvas : () => ({ addColorStop: () => {} })),
    set: () => true,
  });

const COLOURS = { bare: '', under: '', clay: '', tones: [], slip: '', glazes: [], light: '' };
const LAYOUT = layoutOf({ down: 100, across: 100 }, 500, 500, 1);
const picture = (laid: number, more: Partial<Picture> = {}): Picture => ({
  key: 'j',
  looks: Uint32Array.from({ length: 10_000 }, (_, tile) => (tile < laid ? 3 * 256 + 255 : BARE)),
  layout: LAYOUT,
  colours: COLOURS,
  still: true,
  ...more,
});

describe('the painter', () => {
  it('draws nothing before a frame comes, and a burst of pictures once', () => {
    const frames = new HandFrames();
    const painter = new MosaicPainter(nowhere(), frames);
    for (let laid = 0; laid < 50; laid++) painter.show(picture(laid));
    expect([frames.asked, painter.painted]).toEqual([1, 0]);
    frames.frame(0);
    expect(painter.painted).toBe(10_000);
    expect(frames.waiting).toBeUndefined();
  });

  it('draws only what changed, and everything where the canvas is another', () => {
    const frames = new HandFrames();
    const painter = new MosaicPainter(nowhere(), frames);
    const paintedBy = (next: Picture): number => {
      const before = painter.painted;
      painter.show(next);
      frames.frame(0);
      return painter.painted - before;
    };
    expect(paintedBy(picture(5))).toBe(10_000);
    expect(paintedBy(picture(8))).toBe(3);
    expect(paintedBy(picture(8))).toBe(0);
    expect(paintedBy(picture(8, { key: 'another job' }))).toBe(10_000);
    expect(paintedBy(picture(8, { key: 'another job', colours: { ...COLOURS } }))).toBe(10_000);
  });

  it('lights new tiles up for a moment, then rests; a great many at once do not flash', () => {
    const frames = new HandFrames();
    const painter = new MosaicPainter(nowhere(), frames);
    painter.show(picture(0, { still: false }));
    frames.frame(0);
    expect(frames.waiting).toBeUndefined();
    painter.show(picture(2, { still: false }));
    for (const ms of [100, 600, 1100]) {
      frames.frame(ms);
      expect(frames.waiting).toBeDefined();
    }
    frames.frame(1300);
    expect(frames.waiting).toBeUndefined();
    const before = painter.painted;
    painter.show(picture(9000, { still: false }));
    frames.frame(2000);
    expect(painter.painted - before).toBe(8998 + 400);
  });

  it('moves nothing for whoever wants no movement, and stops when told to', () => {
    const frames = new HandFrames();
    const painter = new MosaicPainter(nowhere(), frames);
    painter.show(picture(0));
    frames.frame(0);
    painter.show(picture(2));
    frames.frame(10);
    expect(frames.waiting).toBeUndefined();
    painter.show(picture(4));
    painter.stop();
    expect(frames.waiting).toBeUndefined();
  });
});
