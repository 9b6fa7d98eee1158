/** Amounts as a language writes them, beside those in shown-numbers.ts. Units of bytes are IEC's, which every language shares. */

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** "1.5 MiB" in English. */
export function sized(locale: string, bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1023.5 && unit < BINARY.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(value)} ${BINARY[unit]}`;
}

/** "75%" in English; never a whole hundred early. */
export function shared(locale: string, share: number): string {
  const within = Math.floor(100 * Math.min(1, Math.max(0, share)) + 1e-9) / 100;
  return new Intl.NumberFormat(locale, { style: 'percent' }).format(within);
}

/** "8 seconds", "3 minutes", "2 hours and 5 minutes"; "8s" where `narrow`. */
export function lasting(locale: string, ms: number, narrow = false): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const unit = (count: number, name: string): string =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: narrow ? 'narrow' : 'long',
    }).format(count);
  if (seconds < 60) return unit(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return unit(minutes, 'minute');
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (rest === 0) return unit(hours, 'hour');
  const parts = [unit(hours, 'hour'), unit(rest, 'minute')];
  return new Intl.ListFormat(locale, { type: 'unit', style: narrow ? 'narrow' : 'long' }).format(parts);
}

/** "7:00 AM". Nothing here is said of a time more than a day away. */
export function timeOf(locale: string, ms: number): string {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(ms);
}
