/** Numbers and times of the public figures, as a language writes them. */

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** "1,600" in English. */
export function counted(locale: string, count: number): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** "12.3 GFLOP/s" for measured('en', 12.3e9, 'FLOP/s'). */
export function measured(locale: string, amount: number, unit: string): string {
  let prefix = 0;
  let value = amount;
  while (value >= 999.5 && prefix < PREFIXES.length - 1) {
    value /= 1000;
    prefix += 1;
  }
  const format = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  return `${format.format(value)} ${PREFIXES[prefix]}${unit}`;
}

/** Credit of microcredits in decimal digits, to a thousandth where that says anything. */
export function credited(locale: string, microcredits: string): string {
  const credit = Number(BigInt(microcredits)) / 1e6;
  const digits = credit >= 100 ? 0 : credit >= 0.1 ? 2 : 6;
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(credit);
}

const STEPS = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
] as const;

/** "2 minutes ago"; undefined for less than five seconds, and for clocks that disagree. */
export function ago(locale: string, ms: number): string | undefined {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 5) return undefined;
  const [unit, length] = STEPS.findLast(([, step]) => seconds >= step) ?? STEPS[0];
  return new Intl.RelativeTimeFormat(locale).format(-Math.floor(seconds / length), unit);
}

/** Enough of a PeerId to tell it from others; the whole of whatever is shorter. */
export function shortened(id: string): string {
  return id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id;
}
