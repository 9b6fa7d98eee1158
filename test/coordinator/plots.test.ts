import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rectArea } from '../../src/coordinator/grid.ts';
import { type PlotState, cutPlots, exchange, plotKey } from '../../src/coordinator/plots.ts';
import { overlaps } from '../../src/coordinator/work.ts';

const side = fc.integer({ min: 1, max: 300 });

describe('cutting a job into plots', () => {
  it('covers every cell once, with at most 64 plots', () => {
    fc.assert(
      fc.property(side, side, (rows, cols) => {
        const plots = cutPlots(rows, cols);
        expect(plots.reduce((sum, plot) => sum + rectArea(plot), 0)).toBe(rows * cols);
        expect(plots.length).toBeLessThanOrEqual(64);
        expect(plots.length).toBeGreaterThanOrEqual(Math.min(8, rows * cols));
        for (const [i, plot] of plots.entries()) {
          expect(rectArea(plot)).toBeGreaterThan(0);
          expect(plot.row + plot.rows).toBeLessThanOrEqual(rows);
          expect(plot.col + plot.cols).toBeLessThanOrEqual(cols);
          expect(plots.some((other, j) => j < i && overlaps(plot, other))).toBe(false);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it.each([
    [1, 1, 1],
    [4, 4, 16],
    [16, 16, 64],
    [1000, 1000, 64],
    [1, 500, 64],
  ])('makes of %i × %i cells %i plots', (rows, cols, count) => {
    expect(cutPlots(rows, cols)).toHaveLength(count);
  });
});

type Holder = PlotState['holder'];

function field(holders: readonly Holder[], fields: Partial<PlotState> = {}): PlotState[] {
  return cutPlots(8, 8).map((rect, i) => ({
    rect,
    holder: holders[i % holders.length]!,
    left: rectArea(rect),
    leased: 0,
    ...fields,
  }));
}

describe('an exchange of plots', () => {
  it('claims all where nobody else computes', () => {
    const plots = field(['nobody']);
    expect(exchange(plots, { share: 1, place: 0 })).toEqual({
      give: [],
      take: expect.toSatisfy((take: unknown[]) => take.length === plots.length),
    });
  });

  it('claims its share, near one another, and elsewhere than others', () => {
    const plots = field(['nobody']);
    const [first, second] = [0, 0.5].map((place) => exchange(plots, { share: 0.5, place }).take);
    expect(first).toHaveLength(plots.length / 2);
    const common = first!.filter((rect) => second!.some((other) => plotKey(other) === plotKey(rect)));
    expect(common.length).toBeLessThan(plots.length / 2);
  });

  it('gives back what is above its share, what nobody works in first', () => {
    const plots = field(['here']).map((plot, i) => (i < 3 ? { ...plot, leased: plot.left } : plot));
    const { give, take } = exchange(plots, { share: 0.25, place: 0 });
    expect(give).toHaveLength(plots.length * 0.75);
    expect(take).toEqual([]);
    const busy = plots.slice(0, 3).map(({ rect }) => plotKey(rect));
    expect(give.map(plotKey)).not.toEqual(expect.arrayContaining([busy[0]]));
  });

  it('keeps a little more than its share, and does not count what is done', () => {
    const plots = field(['here', 'elsewhere']);
    expect(exchange(plots, { share: 0.47, place: 0 })).toEqual({ give: [], take: [] });
    const done = plots.map((plot) => (plot.holder === 'here' ? plot : { ...plot, left: 0 }));
    expect(exchange(done, { share: 0.5, place: 0 }).give).toHaveLength(done.length / 4);
  });

  it('gives everything back where nobody computes here', () => {
    const plots = field(['here', 'elsewhere']);
    expect(exchange(plots, { share: 0, place: 0 }).give).toHaveLength(plots.length / 2);
    expect(exchange(field(['nobody']), { share: 0, place: 0 }).take).toEqual([]);
  });

  it('helps who waits for work, but for its last plot', () => {
    const plots = field(['here', 'elsewhere']);
    expect(exchange(plots, { share: 0.5, place: 0, isAsked: true }).give).toHaveLength(1);
    const last = plots.map((plot, i) => (i === 0 ? plot : { ...plot, holder: 'elsewhere' as const }));
    expect(exchange(last, { share: 0, place: 0, isAsked: true }).give).toHaveLength(1); // its share is none
    expect(exchange(last, { share: 0.1, place: 0, isAsked: true }).give).toEqual([]);
    const freed = plots.map((plot, i) => (i === 1 ? { ...plot, holder: 'nobody' as const } : plot));
    expect(exchange(freed, { share: 0.4, place: 0 }).take).toEqual([]);
    expect(exchange(freed, { share: 0.4, place: 0, isHungry: true }).take).toHaveLength(1);
  });

  it('settles: what all want at once, one after the other, leaves nothing to nobody', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }), (speeds) => {
        const total = speeds.reduce((sum, speed) => sum + speed, 0);
        const rects = cutPlots(12, 9);
        const holder: (number | undefined)[] = rects.map(() => 0);
        let moved = true;
        let rounds = 0;
        for (; moved && rounds < 20; rounds++) {
          moved = false;
          for (const [me, speed] of speeds.entries()) {
            const states = rects.map((rect, i): PlotState => ({
              rect,
              holder: holder[i] === undefined ? 'nobody' : holder[i] === me ? 'here' : 'elsewhere',
              left: rectArea(rect),
              leased: 0,
            }));
            const { give, take } = exchange(states, { share: speed / total, place: me / speeds.length });
            for (const rect of give) holder[rects.indexOf(rect)] = undefined;
            for (const rect of take) holder[rects.indexOf(rect)] = me;
            moved ||= give.length + take.length > 0;
          }
        }
        expect(rounds).toBeLessThan(20);
        expect(holder).not.toContain(undefined);
      }),
      { seed: 2, numRuns: 100 },
    );
  });
});
