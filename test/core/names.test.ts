import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAME_CHARS, cleanName, isName, nameFault } from '../../src/core/names.ts';

describe('a name', () => {
  it.each([
    '',
    'Ada',
    'Søren Åse',
    '李小龙',
    'محمد',
    'नमस्ते दुनिया',
    '🦊🦊',
    '<b>bold</b>',
    '"; DROP TABLE profiles; --',
    '='.repeat(MAX_NAME_CHARS),
    '🦊'.repeat(MAX_NAME_CHARS),
  ])('may be %j', (name) => {
    expect(nameFault(name)).toBeUndefined();
    expect(isName(name)).toBe(true);
    expect(cleanName(name)).toBe(name);
  });

  it.each([
    ['too long', 'x'.repeat(MAX_NAME_CHARS + 1), 'more than 40'],
    ['a line feed', 'two\nlines', 'cannot be seen'],
    ['a zero byte', 'a\u0000', 'cannot be seen'],
    ['a right-to-left override', 'exe\u202Egpj', 'cannot be seen'],
    ['an isolate', 'a\u2066b', 'cannot be seen'],
    ['a zero-width space', 'a\u200Bb', 'cannot be seen'],
    ['a joiner', 'a\u200Db', 'cannot be seen'],
    ['a byte order mark', '\uFEFFa', 'cannot be seen'],
    ['a soft hyphen', 'a\u00ADb', 'cannot be seen'],
    ['a tag', 'a\u{E0041}', 'cannot be seen'],
    ['a filler that shows nothing', '\u3164', 'cannot be seen'],
    ['the empty braille cell', '\u2800', 'cannot be seen'],
    ['a line separator', 'a\u2028b', 'cannot be seen'],
    ['private use', '\uE000', 'cannot be seen'],
    ['half a pair', 'a\uD800', 'cannot be seen'],
    ['another form', 'e\u0301', 'normal form'],
    ['a space before', ' a', 'spaces'],
    ['a space after', 'a ', 'spaces'],
    ['two spaces', 'a  b', 'spaces'],
    ['a space that does not break', 'a\u00A0b', 'spaces'],
    ['nothing but a space', ' ', 'spaces'],
    ['towers of accents', `Z${'\u0335'.repeat(4)}`, 'accents'],
    ['an accent alone', '\u0335a', 'accents'],
    ['an accent on a space', 'a \u0335', 'accents'],
  ])('may not hold %s', (_what, name, why) => {
    expect(nameFault(name)).toContain(why);
    expect(isName(name)).toBe(false);
  });

  it('that was typed is made into one that may be sent, or is told what is wrong with it', () => {
    expect(cleanName('  Ada\t\u200B Love\u202Elace \n')).toBe('Ada Lovelace');
    expect(cleanName('e\u0301')).toBe('é');
    expect(cleanName('a\u00A0\u00A0b')).toBe('a b');
    expect(cleanName('a \u200B b')).toBe('a b');
    expect(cleanName(' \u3164 ')).toBe('');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (typed) => {
        const name = cleanName(typed);
        expect(cleanName(name)).toBe(name);
        const fault = nameFault(name);
        if (fault !== undefined) expect(fault).toMatch(/more than/);
      }),
      { examples: [['e\u200B\u0301'], [' \u0301']] },
    );
  });
});
