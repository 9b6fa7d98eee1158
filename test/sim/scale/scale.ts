/**
 * The real scheduler under simulated time and a simulated crowd: what plans cost in bytes, seconds and wasted work,
 * and what planning costs in the machine's own time. The same seed gives the same run, event for event.
 */
import { seededRng } from '../../../src/core/rng.ts';
import { Timeline } from '../timeline.ts';
import { Desk } from './desk.ts';
import { someAbsenceMs } from './population.ts';
import type { Scenario } from './scenarios.ts';
import { Tally } from './tally.ts';
import { Visitor } from './visitor.ts';

/** Everybody who is there has said hello by then. */
const GREETED_MS = 1000;
const MAX_EVENTS = 50_000_000;
const MAX_MS = 24 * 60 * 60_000;

export class ScaleRun {
  readonly scenario: Scenario;
  readonly timeline = new Timeline();
  readonly tally: Tally;
  readonly desk: Desk;
  readonly visitors: readonly Visitor[];
  /** When the jobs came, ms since the beginning. */
  readonly startMs = GREETED_MS;
  traceHash = '';

  /** @param onEvent - is told every event, a line each */
  constructor(scenario: Scenario, seed: number, onEvent?: (line: string) => void) {
    this.scenario = scenario;
    const { timeline } = this;
    this.tally = new Tally(timeline, onEvent);
    this.desk = new Desk(timeline, this.tally, seededRng(seed * 1009 + 1), scenario.entryBytes);
    const world = {
      timeline,
      desk: this.desk,
      operands: new Map<string, number>(),
      entryBytes: scenario.entryBytes,
      stay: scenario.stay,
      absenceMs: someAbsenceMs,
    };
    // Each draws from a source of its own: another plan meets the same people.
    this.visitors = scenario.profiles.map(
      (profile, i) => new Visitor(profile, world, seededRng(seed * 100_003 + i)),
    );
  }

  /** Until every job is done. @throws Error where one does not end, or where the books do not balance. */
  run(): this {
    const { timeline, desk, tally, visitors, scenario } = this;
    const arrivals = seededRng(visitors.length);
    for (const [i, visitor] of visitors.entries()) {
      const late = scenario.joinMs > 0 && i % 2 === 1;
      timeline.in(late ? GREETED_MS + arrivals.float() * scenario.joinMs : 0, () => {
        visitor.come();
      });
    }
    timeline.in(GREETED_MS, () => {
      desk.open(scenario.jobs);
    });
    let events = 0;
    while (!desk.isDone) {
      events += 1;
      if (!timeline.step() || events > MAX_EVENTS || timeline.elapsed > MAX_MS) {
        throw new Error(`the jobs do not end: ${tally.verifiedCells} cells after ${timeline.elapsed} ms`);
      }
    }
    for (const visitor of visitors) visitor.end();
    desk.books.check();
    this.traceHash = tally.finish();
    return this;
  }
}
