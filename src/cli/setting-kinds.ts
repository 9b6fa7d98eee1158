/** What kinds of values a setting may have, as people type them and as JSON holds them. */
import { byteCount, duration } from './quantities.ts';
import { microcredits } from './credit-commands.ts';

export interface Kind<T> {
  /** Ends the sentence "It is …". */
  readonly is: string;
  /** How its value is shown in help; undefined for a switch, which has none. */
  readonly shown: string | undefined;
  /** Undefined when the text is none. */
  parse(text: string): T | undefined;
  /** The same for a value of a config file. */
  accept(value: unknown): T | undefined;
  /** Several values: a flag may come again, and the environment separates them by commas. */
  readonly many?: true;
}

export const text = (shown: string, is = 'a text'): Kind<string> => ({
  is,
  shown,
  parse: (value) => (value === '' ? undefined : value),
  accept: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
});

export const texts = (shown: string, is = 'a list of texts'): Kind<readonly string[]> => ({
  is,
  shown,
  many: true,
  parse: (value) => {
    const parts = value.split(',').map((part) => part.trim());
    return parts.includes('') ? undefined : parts;
  },
  accept: (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')
      ? (value as string[])
      : undefined,
});

export const integer = (least: number, most: number): Kind<number> => ({
  is: `a whole number from ${least} to ${most}`,
  shown: 'number',
  parse: (value) => inRange(/^\d{1,9}$/.test(value) ? Number(value) : undefined, least, most),
  accept: (value) => inRange(Number.isSafeInteger(value) ? (value as number) : undefined, least, most),
});

export const choice = <const T extends string>(...values: readonly T[]): Kind<T> => {
  const find = (value: unknown): T | undefined => values.find((each) => each === value);
  return { is: `one of ${values.join(', ')}`, shown: values.join('|'), parse: find, accept: find };
};

const SWITCH: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

export const toggle: Kind<boolean> = {
  is: 'true or false',
  shown: undefined,
  parse: (value) => (Object.hasOwn(SWITCH, value) ? SWITCH[value] : undefined),
  accept: (value) => (typeof value === 'boolean' ? value : undefined),
};

export const size: Kind<number> = {
  is: 'a whole number of bytes: 16GiB, 500MB, 1000000',
  shown: 'size',
  parse: (value) => attempt(() => byteCount(value)),
  accept: (value) =>
    typeof value === 'string' || typeof value === 'number' ? size.parse(String(value)) : undefined,
};

/** Milliseconds. */
export const time: Kind<number> = {
  is: 'a time: 90m, 12h, 30d, or in a file a whole number of milliseconds',
  shown: 'time',
  parse: (value) => attempt(() => duration(value)),
  accept: (value) =>
    typeof value === 'string'
      ? time.parse(value)
      : inRange(Number.isSafeInteger(value) ? (value as number) : undefined, 1, Number.MAX_SAFE_INTEGER),
};

/** Kept as text: a config file may hold it as either. */
export const credit: Kind<string> = {
  is: 'a whole number of microcredits, 1 to 9007199254740991',
  shown: 'microcredits',
  parse: (value) => attempt(() => microcredits(value)),
  accept: (value) =>
    typeof value === 'string' || typeof value === 'number' ? credit.parse(String(value)) : undefined,
};

function inRange(value: number | undefined, least: number, most: number): number | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
