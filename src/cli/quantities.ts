/** Times and sizes as people type them. */
import { InvalidArgumentError } from 'commander';

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: 24 * 60 * MINUTE_MS,
  w: 7 * 24 * 60 * MINUTE_MS,
};
const PREFIXES = ['', 'K', 'M', 'G', 'T'];

/** "30d" as milliseconds. @throws InvalidArgumentError */
export function duration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Number(count) * UNIT_MS[unit]!;
  throw new InvalidArgumentError('It is a whole number of minutes, hours, days or weeks: 90m, 12h, 30d, 8w.');
}

/** "16GiB", "500MB" or "1000000" as bytes. @throws InvalidArgumentError */
export function byteCount(text: string): number {
  const [, count, prefix = '', binary] = /^([1-9]\d{0,14})\s?(?:([KMGT])(i)?)?B?$/i.exec(text) ?? [];
  const base = binary === undefined ? 1000 : 1024;
  const bytes = Number(count) * base ** PREFIXES.indexOf(prefix.toUpperCase());
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('It is a whole number of bytes: 16GiB, 500MB, 1000000.');
}

/** "5e10", "2.5e11" or "1000000". @throws InvalidArgumentError */
export function rate(text: string): number {
  const value = /^\d{1,15}(\.\d{1,15})?(e\d{1,2})?$/i.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1e18) return value;
  throw new InvalidArgumentError('It is a number above 0: 5e10, 2.5e11.');
}

/** @throws InvalidArgumentError */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}
