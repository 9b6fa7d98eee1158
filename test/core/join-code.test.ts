import { describe, expect, it } from 'vitest';
import { codeOf, newCode, shownCode } from '../../src/core/join-code.ts';
import { seededRng } from '../../src/core/rng.ts';

describe('a code', () => {
  it('is read as it was shown, however it is typed', () => {
    const rng = seededRng(1);
    for (let n = 0; n < 100; n++) {
      const code = newCode(rng);
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
      expect(codeOf(code)).toBe(code);
      expect(codeOf(shownCode(code))).toBe(code);
      expect(codeOf(` ${shownCode(code).toLowerCase()} `)).toBe(code);
    }
    expect(codeOf('oil0-OIL1')).toBe('01100111');
  });

  it.each([
    '',
    'K7QM2XP',
    'K7QM2XPD9',
    'K7QM2XPU',
    'K7QM2XP!',
    'K7QM_XPD',
    'Ж'.repeat(8),
    'K'.repeat(10_000),
  ])('is not %j', (typed) => {
    expect(codeOf(typed)).toBeUndefined();
  });
});
