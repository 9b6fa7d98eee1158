/** Lengths, times, sizes and energies of the report, as a language writes them. */

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function united(locale: string, value: number, unit: string, digits = 0): string {
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value);
}

/** "7 hr 12 min", "12 min", "40 sec". */
export function lasting(locale: string, ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return united(locale, seconds, 'second');
  const minutes = Math.round(ms / 60_000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const parts = [hours && united(locale, hours, 'hour'), rest && united(locale, rest, 'minute')];
  return parts.filter(Boolean).join(' ');
}

/** "1.2 GB": decimal, as operators bill it. */
export function sized(locale: string, bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return united(locale, value, SIZES[unit]!, unit > 0 && value < 99.5 ? 1 : 0);
}

/** "0.43 kWh". Intl has no unit of energy. */
export function energetic(locale: string, wattHours: number): string {
  const small = wattHours < 100;
  const format = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
  return `${format.format(small ? wattHours : wattHours / 1000)}\u{a0}${small ? 'Wh' : 'kWh'}`;
}

/** "Nov 22, 11:04 PM – Nov 23, 7:12 AM", the date once where that is enough. */
export function spanning(locale: string, fromMs: number, untilMs: number): string {
  const format = new Intl.DateTimeFormat(locale, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
  return format.formatRange(fromMs, untilMs);
}

/** "11:04 PM"; with the date where it is another than that of `besideMs`. */
export function timed(locale: string, ms: number, besideMs: number): string {
  const sameDay = new Date(ms).toDateString() === new Date(besideMs).toDateString();
  return new Intl.DateTimeFormat(locale, {
    ...(sameDay ? {} : { month: 'short', day: 'numeric' }),
    hour: 'numeric',
    minute: '2-digit',
  }).format(ms);
}
