/** The coordinator's log: short lines for people, or pino's JSON for machines. */
import { type DestinationStream, pino } from 'pino';
import type { Logger } from '../core/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn';

/** pino's numbers of the levels that are worth a word; the others are what is expected. */
const LEVEL_WORD: Readonly<Record<number, string>> = { 40: 'warning: ', 50: 'error: ', 60: 'error: ' };
const MAX_VALUE_CHARS = 80;

/** @param write takes whole lines, each with its newline */
export function createLogger(json: boolean, level: LogLevel, write: (line: string) => void): Logger {
  const destination: DestinationStream = {
    write: (line) => {
      write(json ? line : humanLine(line));
    },
  };
  return pino({ level, base: null }, destination);
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
