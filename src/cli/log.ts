/** The coordinator's log: short lines for people, or pino's JSON for machines. */
import { type DestinationStream, pino } from 'pino';
import type { Logger } from '../core/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn';

/** pino's numbers of the levels that are worth a word; the others are what is expected. */
const LEVEL_WORD: Readonly<Record<number, string>> = { 40: 'warning: ', 50: 'error: ', 60: 'error: ' };
const MAX_VALUE_CHARS = 80;

/** What an error's text may carry along from a library: whose address it was, and with what it came. */
const PERSONAL: readonly (readonly [RegExp, string])[] = [
  [/tilework_[0-9a-f]{16}_[A-Za-z0-9_-]{20,}/g, '[token]'],
  [/Bearer +[\x21-\x7e]+/gi, '[token]'],
  [/(\/ip[46]\/)[^/\s]+/g, '$1[address]'],
  // Two groups and a "::", or all eight: a time of day (14:03:05) is none.
  [
    /(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:)*[0-9a-f]{0,4}::[0-9a-f:.]*)(?![\w:])/gi,
    '[address]',
  ],
  [/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g, '[address]'],
];
/** The coordinator's own addresses, which it tells everybody. */
const OWN = new Set(['url', 'peers', 'msg']);

/** Without addresses and tokens: logs are kept, shipped and searched. PeerIds are public, and stay. */
export function withoutPersons(value: unknown): unknown {
  if (typeof value === 'string')
    return PERSONAL.reduce((text, [pattern, word]) => text.replace(pattern, word), value);
  if (Array.isArray(value)) return value.map(withoutPersons);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutPersons(each)]));
}

/** @param write takes whole lines, each with its newline */
export function createLogger(json: boolean, level: LogLevel, write: (line: string) => void): Logger {
  const destination: DestinationStream = {
    write: (line) => {
      write(json ? line : humanLine(line));
    },
  };
  const log = (fields: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, OWN.has(key) ? value : withoutPersons(value)]),
    );
  return pino({ level, base: null, formatters: { log } }, destination);
}

/** {"level":30,"time":…,"job":"ab…","msg":"job done"} as "14:03:05 job done  job=ab…". */
export function humanLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, msg, ...fields } = entry;
  const clock = typeof time === 'number' ? `${new Date(time).toTimeString().slice(0, 8)} ` : '';
  const word = typeof level === 'number' ? (LEVEL_WORD[level] ?? '') : '';
  const details = Object.entries(fields).map(([name, value]) => `${name}=${short(value)}`);
  return `${[`${clock}${word}${typeof msg === 'string' ? msg : ''}`, ...details].join('  ')}\n`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}
