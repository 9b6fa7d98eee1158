import { describe, expect, it } from 'vitest';
import { ENGINES, JOBS, LINKS, boundOf, casesOf, limitsOf } from './cases.ts';

const ALL = casesOf({ engines: ENGINES, links: LINKS, jobs: JOBS, length: 'long' });

describe('the cases', () => {
  it('cover every job over every link, the unequal ones with five', () => {
    expect(ALL).toHaveLength(JOBS.length * (2 * ENGINES.length + 1));
    expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length);
    expect(ALL.filter(({ link }) => link === 'unequal').every(({ name }) => name.endsWith('/5'))).toBe(true);
  });

  it('are limited by the home link at 100/20, and by the GPU at 1000/1000', () => {
    for (const of of ALL) {
      const limits = limitsOf(of, boundOf(of, 3), 3);
      if (of.link === '100/20') expect(limits).not.toContain('rate');
      if (of.link === '1000/1000') expect(new Set(limits)).toEqual(new Set(['rate']));
    }
  });

  it('run slower by as much as two cores need, or as they are told', () => {
    for (const of of ALL) {
      const { bytes, seconds } = boundOf(of, 4);
      expect(bytes / seconds / of.dilation).toBeLessThanOrEqual(20.01e6);
    }
    const [told] = casesOf({ engines: [5], links: ['100/20'], jobs: ['deep'], length: 'quick', dilation: 2 });
    expect(told!.dilation).toBe(2);
  });

  it('name the memory-limited bound where a contributor cannot keep what it would need', () => {
    const thin = ALL.find(({ name }) => name === 'thin/unequal/5');
    expect(boundOf(thin!, 3).memoryLimited).toBe(true);
  });
});
