/** A terminal that remembers, and what else a command needs. */
import type { Context } from '../../src/cli/context.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { systemClock } from '../../src/core/clock.ts';

export interface MemoryTerminal extends Terminal {
  readonly outLines: string[];
  readonly noteLines: string[];
  /** "label 50 text" of every update; "label end" once it is over. */
  readonly bars: string[];
}

export function memoryTerminal(): MemoryTerminal {
  const outLines: string[] = [];
  const noteLines: string[] = [];
  const bars: string[] = [];
  return {
    outLines,
    noteLines,
    bars,
    out: (line) => outLines.push(line),
    note: (line) => noteLines.push(line),
    bar: (label) => ({
      update: (fraction, text) => bars.push(`${label} ${Math.floor(100 * fraction)} ${text}`),
      end: () => bars.push(`${label} end`),
    }),
  };
}

export function testContext(change: Partial<Context> = {}): Context & { readonly terminal: MemoryTerminal } {
  const context = {
    clock: systemClock,
    env: {},
    signal: new AbortController().signal,
    debug: false,
    ...change,
  };
  return { ...context, terminal: (change.terminal as MemoryTerminal | undefined) ?? memoryTerminal() };
}
