/** A session as a table for a spreadsheet: RFC 4180, one row for the whole and one for each pause. */
import { lengthOf } from './journal.ts';
import type { Summary } from './report-summary.ts';

const HEADER = [
  'what',
  'from',
  'until',
  'seconds',
  'seconds at work',
  'seconds throttled',
  'seconds reduced by heat',
  'shards',
  'shards rejected',
  'multiply-adds',
  'credit',
  'bytes down',
  'bytes up',
  'GPU seconds',
  'watts assumed',
  'watt-hours estimated',
] as const;

/** With times in UTC as ISO 8601 writes them. A spreadsheet reads the same words whatever language the page has. */
export function reportCsv({ session, workMs, watts, wattHours }: Summary): string {
  const { beganMs, seenMs, throttledMs, hotMs, totals, pauses } = session;
  const whole = [
    'session',
    iso(beganMs),
    iso(seenMs),
    seconds(seenMs - beganMs),
    seconds(workMs),
    seconds(throttledMs),
    seconds(hotMs),
    totals.shardsVerified,
    totals.shardsRejected,
    totals.multiplyAddsVerified,
    credit(totals.microcredits),
    totals.bytesDown,
    totals.bytesUp,
    seconds(totals.gpuBusyMs),
    watts,
    Number(wattHours.toFixed(3)),
  ];
  const rows = pauses.map((pause) => [
    pause.kind,
    iso(pause.fromMs),
    iso(pause.untilMs),
    seconds(lengthOf(pause)),
    ...HEADER.slice(4).map(() => ''),
  ]);
  return csv([HEADER, whole, ...rows]);
}

/** Rows of the same length, each ended by CR LF. */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** A spreadsheet takes text that begins like this for a formula, and computes it. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const seconds = (ms: number): number => Math.round(ms / 1000);
const credit = (microcredits: bigint): string =>
  `${microcredits / 1_000_000n}.${String(microcredits % 1_000_000n).padStart(6, '0')}`;
