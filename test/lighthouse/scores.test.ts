import { describe, expect, it } from 'vitest';
import { medianScores, scoresOf } from './scores.ts';

const report = (performance: number | null) =>
  JSON.stringify({
    categories: {
      performance: {
        score: performance,
        auditRefs: [
          { id: 'paint', weight: 10 },
          { id: 'layout', weight: 25 },
          { id: 'hint', weight: 0 },
          { id: 'not-here', weight: 5 },
        ],
      },
      accessibility: { score: 1, auditRefs: [{ id: 'names', weight: 3 }] },
      'best-practices': { score: 0.96, auditRefs: [] },
    },
    audits: {
      paint: { title: 'First paint', score: 0.9, displayValue: '1.2 s' },
      layout: { title: 'Layout shift', score: 0.5 },
      hint: { title: 'A hint', score: 0 },
      names: { title: 'Names', score: null },
    },
  });

describe('a report of Lighthouse', () => {
  it('says scores, and what took the most away first', () => {
    expect(scoresOf(report(0.934))).toEqual({
      scores: { performance: 93, accessibility: 100, 'best-practices': 96 },
      findings: ['performance: Layout shift', 'performance: First paint (1.2 s)'],
    });
  });

  it('counts as none without a score, or when the page did not load', () => {
    expect(() => scoresOf(report(null))).toThrow('no score for performance');
    expect(() => scoresOf('{"runtimeError":{"message":"It was blank."}}')).toThrow('It was blank.');
  });

  it('is the middle one of several, the lower of two', () => {
    const runs = [0.99, 0.5, 0.97, 0.96].map((score) => scoresOf(report(score)));
    expect(medianScores(runs).performance).toBe(96);
    expect(medianScores(runs.slice(0, 2)).performance).toBe(50);
    expect(medianScores(runs.slice(0, 1)).accessibility).toBe(100);
  });
});
