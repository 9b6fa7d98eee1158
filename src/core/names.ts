/**
 * Names that contributors choose for themselves and their teams. They are shown to others, so they hold nothing
 * that is not seen, turns the text around it, or towers over it. Both ends keep to the same rules; what the wire
 * says of them is in src/protocol/README.md.
 */
import { AppError } from './errors.ts';

/** Unicode code points. */
export const MAX_NAME_CHARS = 40;

/**
 * Controls, bidi overrides, zero-width and other characters that show nothing (tags, fillers, joiners, the empty
 * braille cell), ends of lines, lone surrogates, private use.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const ALL_UNSEEN = new RegExp(UNSEEN.source, 'gu');
/** A space other than U+0020, or two of them, or one at an end. */
const LOOSE_SPACE = /[^\P{Zs} ]| {2}|^ | $/u;
/** Marks with nothing to stand on, or so many that they cover the lines around. */
const STRAY_MARKS = /(?:^| )\p{M}|\p{M}{4}/u;

/** What is wrong with the name, as the end of a sentence; undefined for one that is fine. '' is no name, and fine. */
export function nameFault(name: string): string | undefined {
  if (Array.from(name).length > MAX_NAME_CHARS) return `has more than ${MAX_NAME_CHARS} characters`;
  if (UNSEEN.test(name)) return 'holds characters that cannot be seen';
  if (name !== name.normalize('NFC')) return 'is not in Unicode’s normal form C';
  if (LOOSE_SPACE.test(name)) return 'holds spaces that are not single or stand at an end';
  if (STRAY_MARKS.test(name)) return 'holds accents that stand alone or are more than three on one letter';
  return undefined;
}

/** No sentence, for where nobody reads one. */
export function isName(name: string): boolean {
  const parts = [UNSEEN, LOOSE_SPACE, STRAY_MARKS];
  return (
    Array.from(name).length <= MAX_NAME_CHARS &&
    name === name.normalize('NFC') &&
    !parts.some((part) => part.test(name))
  );
}

/** What somebody has typed as a name that may be sent: `nameFault` still says whether it is too long. */
export function cleanName(typed: string): string {
  const visible = typed.replace(/[\p{Zs}\t\n\r]+/gu, ' ').replace(ALL_UNSEEN, '');
  return visible.normalize('NFC').replace(/ {2,}/g, ' ').trim();
}

/** @throws AppError 'bad-input', whose message is a sentence for whoever typed them */
export function assertNames({ name, team }: { readonly name: string; readonly team: string }): void {
  for (const [what, text] of [
    ['name', name],
    ['team', team],
  ] as const) {
    const fault = nameFault(text);
    if (fault !== undefined) throw new AppError('bad-input', `This ${what} ${fault}.`);
  }
}
