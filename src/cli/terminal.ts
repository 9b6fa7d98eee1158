/** Where commands write: results to stdout, everything about getting there to stderr. */
import { Presets, SingleBar } from 'cli-progress';
import type { Clock } from '../core/clock.ts';

export interface Bar {
  /** `fraction` in 0…1. */
  update(fraction: number, text: string): void;
  /** Leaves the bar as it is and goes to the next line. Safe to call twice. */
  end(): void;
}

export interface Terminal {
  /** A line of the answer. */
  out(line: string): void;
  /** A line for whoever watches. */
  note(line: string): void;
  /** One at a time. */
  bar(label: string): Bar;
}

/** Without a terminal to draw on, a bar becomes lines: one at most this often. */
const LINE_EVERY_MS = 3_000;
/** Between two lines without a terminal there is at least this much progress, or a new situation. */
const LINE_EVERY_FRACTION = 0.1;

/** Wider lines than this are cut by cli-progress, which wraps nothing. */
const BAR_CHARS = 24;

export function processTerminal(clock: Clock): Terminal {
  const note = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  return {
    out: (line) => {
      process.stdout.write(`${line}\n`);
    },
    note,
    bar: (label) => (process.stderr.isTTY ? drawnBar(label) : lineBar(label, clock, note)),
  };
}

function drawnBar(label: string): Bar {
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage} %  {text}`,
      barsize: BAR_CHARS,
      fps: 8,
      hideCursor: true,
      forceRedraw: true,
      gracefulExit: true,
      stopOnComplete: false,
    },
    Presets.shades_classic,
  );
  bar.start(1000, 0, { text: '' });
  let ended = false;
  return {
    update(fraction, text) {
      if (!ended) bar.update(Math.floor(1000 * fraction), { text });
    },
    end() {
      if (!ended) bar.stop();
      ended = true;
    },
  };
}

/** A bar for log files: a line when the situation changes, and now and then while it does not. */
export function lineBar(label: string, clock: Clock, note: (line: string) => void): Bar {
  let lastMs = Number.NEGATIVE_INFINITY;
  let lastFraction = -1;
  let waiting: string | undefined;
  return {
    update(fraction, text) {
      const now = clock.now();
      const situation = text.startsWith('waiting') ? text : undefined;
      const changed = situation !== undefined && situation !== waiting;
      waiting = situation;
      const finished = fraction >= 1 && lastFraction < 1;
      const moved = fraction - lastFraction >= LINE_EVERY_FRACTION && situation === undefined;
      if (!changed && !finished && !(moved && now - lastMs >= LINE_EVERY_MS)) return;
      lastMs = now;
      lastFraction = fraction;
      note(`${label} ${Math.floor(100 * fraction)} %  ${text}`.trimEnd());
    },
    end() {},
  };
}
