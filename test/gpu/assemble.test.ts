import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/gpu/assemble.ts';

describe('assemble', () => {
  it('joins the files and gives constants their values', () => {
    const text = assemble(['const WIDE = 1u; // one\n', 'const TALL = 22u;\nconst AREA = WIDE * TALL;'], {
      TALL: 3,
    });
    expect(text).toBe('const WIDE = 1u; // one\n\nconst TALL = 3u;\nconst AREA = WIDE * TALL;');
  });

  it('leaves names alone that only begin or end alike', () => {
    const text = 'const SIDE = 4u;\nconst SIDES = 5u;\nconst OUTSIDE = 6u;\n  const SIDE = 7u;';
    expect(assemble([text], { SIDE: 9 })).toBe(text.replace('4u', '9u'));
  });

  it.each([
    ['absent', ['const OTHER = 1u;']],
    ['computed', ['const SIDE = 2u * 4u;']],
    ['of another type', ['const SIDE = 2.0;']],
    ['an override', ['override SIDE = 2u;']],
  ])('refuses to set a constant that is %s', (_, texts) => {
    expect(() => assemble(texts, { SIDE: 8 })).toThrow('the shader declares SIDE 0 times');
  });

  it('refuses to set one that two files declare', () => {
    const twice = ['const SIDE = 1u;', 'const SIDE = 1u;'];
    expect(() => assemble(twice, { SIDE: 8 })).toThrow('the shader declares SIDE 2 times');
  });
});
