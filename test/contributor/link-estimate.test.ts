import { describe, expect, it } from 'vitest';
import { LinkEstimate } from '../../src/contributor/link-estimate.ts';

const MIB = 1024 * 1024;

describe('the estimate of a link', () => {
  it('is unknown until a transfer has said something', () => {
    const link = new LinkEstimate();
    link.moved('down', 1000, 1); // too little
    link.moved('down', MIB, 0); // no time passed
    expect([link.rate('down'), link.rate('up')]).toEqual([0, 0]);
  });

  it('takes the first transfer as it is and follows later ones', () => {
    const link = new LinkEstimate();
    link.moved('down', MIB, 1000);
    expect(link.rate('down')).toBe(MIB);
    for (let i = 0; i < 20; i++) link.moved('down', 4 * MIB, 1000);
    expect(link.rate('down') / (4 * MIB)).toBeGreaterThan(0.99);
    expect(link.rate('up')).toBe(0);
  });
});
