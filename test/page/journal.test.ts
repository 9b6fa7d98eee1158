import { describe, expect, it } from 'vitest';
import {
  DEFAULT_WATTS,
  type Journal,
  lengthOf,
  MAX_PAUSES,
  NO_JOURNAL,
  record,
  type Session,
} from '../../src/page/journal.ts';
import { JournalKeeper } from '../../src/page/journal-keeper.ts';
import { parseJournal, serializeJournal } from '../../src/page/journal-text.ts';
import { seededRng } from '../../src/core/rng.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aNight, ended, EVENING, HOUR, MINUTE, paused, seen, type Seen, watched } from './journal-night.ts';

const lastOf = ({ sessions }: Journal): Session => sessions.at(-1)!;
const listed = (journal: Journal): unknown[] =>
  lastOf(journal).pauses.map((pause) => [
    pause.kind,
    (pause.fromMs - EVENING) / MINUTE,
    lengthOf(pause) / MINUTE,
  ]);

describe('a session in the journal', () => {
  it('adds up a night: work, pauses with their reasons, a sleep, and what the night gave', () => {
    const night = lastOf(aNight());
    expect(listed(aNight())).toEqual([
      ['on-battery', 74, 41],
      // Seen last half a minute before the machine slept.
      ['suspended', 210, 66],
      ['no-work', 360, 12],
    ]);
    expect(night).toMatchObject({
      beganMs: EVENING,
      seenMs: EVENING + 8.2 * HOUR,
      end: 'stopped',
      throttledMs: 18 * MINUTE,
      hotMs: 30 * MINUTE,
      totals: { shardsVerified: 1240, shardsRejected: 1, microcredits: 9_400_000_000n, bytesDown: 5.1e9 },
    });
    const whole = Object.values(night.spentMs).reduce((sum, ms) => sum + ms, 0);
    expect(whole).toBeCloseTo(8.2 * HOUR, 3);
  });

  it('gives each moment to one reason, the first', () => {
    const low = { kind: 'battery-low', floor: 0.3, level: 0.2 } as const;
    const journal = watched([
      [0, paused({}, { kind: 'on-battery' }, low)],
      [10 * MINUTE, paused({}, low)],
      [20 * MINUTE, seen({ paused: true })],
      [30 * MINUTE, seen({}, { kind: 'offline' })],
      [40 * MINUTE, seen({ stage: 'connecting' })],
      [50 * MINUTE, seen({}, { kind: 'intensity', share: 0.5 })],
      [60 * MINUTE, ended()],
    ]);
    expect(listed(journal)).toEqual([
      ['on-battery', 0, 10],
      ['battery-low', 10, 10],
      ['by-hand', 20, 10],
      ['offline', 30, 10],
      ['unreachable', 40, 10],
    ]);
    expect(lastOf(journal)).toMatchObject({ spentMs: { work: 10 * MINUTE }, throttledMs: 0, hotMs: 0 });
  });

  it('lists no pause of seconds, but does not call it work', () => {
    const looks: [number, Seen][] = [];
    for (let i = 0; i < 60; i++) {
      looks.push([i * MINUTE, seen({ stage: 'waiting' })], [i * MINUTE + 10_000, seen()]);
    }
    const journal = watched([...looks, [HOUR, ended()]]);
    expect(listed(journal)).toEqual([]);
    expect(lastOf(journal).spentMs).toEqual({ 'no-work': 10 * MINUTE, work: 50 * MINUTE });
  });

  it('keeps the longest of very many pauses', () => {
    const looks: [number, Seen][] = [];
    for (let i = 0; i < 300; i++) {
      const long = i === 7 ? 9 : 1;
      looks.push([10 * i * MINUTE, paused({}, { kind: 'metered' })], [(10 * i + long) * MINUTE, seen()]);
    }
    const { pauses, spentMs } = lastOf(watched([...looks, [3000 * MINUTE, ended()]]));
    expect(pauses.length).toBe(MAX_PAUSES);
    expect(Math.max(...pauses.map(lengthOf))).toBe(9 * MINUTE);
    expect(spentMs.metered).toBe(308 * MINUTE);
  });

  it('goes on after a reload, with the gap told, counts that began anew and nothing twice', () => {
    const before = watched([
      [0, seen()],
      [HOUR, seen({ shardsVerified: 10, microcredits: 5n })],
    ]);
    const kept = parseJournal(serializeJournal(before));
    const after = watched(
      [
        [HOUR + 5 * MINUTE, seen()],
        [2 * HOUR, seen({ shardsVerified: 4, microcredits: 2n })],
        [2 * HOUR + 1, ended({ shardsVerified: 4, microcredits: 2n })],
      ],
      kept,
    );
    expect(after.sessions.length).toBe(1);
    expect(listed(after)).toEqual([['closed', 60, 5]]);
    expect(lastOf(after).totals).toMatchObject({ shardsVerified: 14, microcredits: 7n });
  });

  it('begins anew the next day, but goes on where the browser had thrown the tab away', () => {
    const evening = parseJournal(
      serializeJournal(
        watched([
          [0, seen()],
          [HOUR, seen({ shardsVerified: 1 })],
        ]),
      ),
    );
    const nowMs = EVENING + 9 * HOUR;
    expect(record(evening, { ...seen(), nowMs }).sessions.length).toBe(2);
    const resumed = record(evening, { ...seen(), nowMs, resumed: true });
    expect(resumed.sessions.length).toBe(1);
    expect(listed(resumed)).toEqual([['closed', 60, 480]]);
  });

  it('does not let a start by mistake stand where the night stood', () => {
    const night = aNight();
    const mistaken = watched(
      [
        [9 * HOUR, seen()],
        [9 * HOUR + 5000, ended()],
      ],
      night,
    );
    const again = watched(
      [
        [9.1 * HOUR, seen()],
        [9.2 * HOUR, ended()],
      ],
      mistaken,
    );
    expect(again.sessions.map(({ beganMs }) => (beganMs - EVENING) / HOUR)).toEqual([0, 9.1]);
  });

  it('counts a contributor that counts from zero at each start, and the second session of a page for itself', () => {
    const first = watched([
      [0, seen()],
      [HOUR, ended({ shardsVerified: 8 })],
    ]);
    const second = watched(
      [
        [2 * HOUR, seen({ shardsVerified: 8 })],
        [3 * HOUR, ended({ shardsVerified: 11 })],
      ],
      first,
    );
    expect(second.sessions.map(({ totals }) => totals.shardsVerified)).toEqual([8, 3]);
  });

  it('takes no time away when the clock is set back', () => {
    const journal = watched([
      [HOUR, seen()],
      [HOUR + MINUTE, seen()],
      [0, seen()],
      [MINUTE, ended()],
    ]);
    expect(lastOf(journal).spentMs).toEqual({ work: 2 * MINUTE });
    expect(lastOf(journal).seenMs).toBeGreaterThanOrEqual(lastOf(journal).beganMs);
  });

  it('says when it ended because something went wrong', () => {
    const failed = { ...ended(), status: { ...ended().status, stage: 'failed' as const } };
    expect(
      lastOf(
        watched([
          [0, seen()],
          [HOUR, failed],
        ]),
      ).end,
    ).toBe('failed');
  });

  it('keeps few sessions, and little of the older ones', () => {
    let journal = NO_JOURNAL;
    for (let day = 0; day < 40; day++) {
      const looks: [number, Seen][] = [];
      for (let i = 0; i < 60; i++) {
        const at = day * 24 * HOUR + i * 2 * MINUTE;
        looks.push(
          [at, seen({ shardsVerified: 1 })],
          [at + MINUTE, paused({}, { kind: 'in-use', idleMinutes: 5, untilMs: undefined })],
        );
      }
      journal = watched([...looks, [day * 24 * HOUR + 3 * HOUR, ended()]], journal);
    }
    expect(journal.sessions.length).toBe(10);
    expect(journal.sessions.reduce((sum, { pauses }) => sum + pauses.length, 0)).toBeLessThan(300);
    expect(serializeJournal(journal).length).toBeLessThan(20_000);
  });
});

describe('the journal as text', () => {
  it('comes back as it was', () => {
    const { last: _, ...kept } = { ...aNight(), watts: 220 };
    expect(parseJournal(serializeJournal({ ...kept, last: undefined }))).toEqual({
      ...kept,
      last: undefined,
    });
  });

  it.each([
    null,
    undefined,
    '',
    'null',
    '[]',
    '{"version":2}',
    '{"version":1,"sessions":7,"watts":"many"}',
    '{"version":1,"sessions":[null,{},{"beganMs":5,"seenMs":1},{"beganMs":1e99,"seenMs":1e99}]}',
    'x'.repeat(300_000),
  ])('reads %.40s as nothing', (text) => {
    expect(parseJournal(text)).toEqual({ ...NO_JOURNAL, watts: DEFAULT_WATTS });
  });

  it('never throws, and what it read can be reported and written again', () => {
    const rng = seededRng(11);
    const text = serializeJournal(aNight());
    for (let i = 0; i < 500; i++) {
      const at = Math.floor(rng.float() * text.length);
      const odd = ['"', '-', '9e99', '{', 'null', ''][Math.floor(rng.float() * 6)]!;
      const read = parseJournal(text.slice(0, at) + odd + text.slice(at + Math.floor(rng.float() * 9)));
      expect(parseJournal(serializeJournal(read))).toEqual(read);
      for (const { beganMs, seenMs, pauses } of read.sessions) {
        expect(seenMs).toBeGreaterThanOrEqual(beganMs);
        for (const pause of pauses) expect(lengthOf(pause)).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

class FakeStorage {
  text: string | null = null;
  writes = 0;
  full = false;
  getItem(): string | null {
    return this.text;
  }
  setItem(_: string, text: string): void {
    if (this.full) throw new Error('QuotaExceededError');
    this.writes += 1;
    this.text = text;
  }
}

describe('the keeper of the journal', () => {
  it('loses half a minute at most when the page goes without a word, and writes no more often', async () => {
    const [storage, clock] = [new FakeStorage(), new FakeClock(EVENING)];
    const keeper = new JournalKeeper({ storage, clock });
    for (let second = 0; second < 600; second++) {
      keeper.look(seen({ bytesDown: second * 1000 }));
      await clock.advance(1000);
    }
    const kept = parseJournal(storage.text);
    expect(clock.now() - lastOf(kept).seenMs).toBeLessThanOrEqual(30_000);
    expect(storage.writes).toBeLessThan(25);
  });

  it('looks by itself, tells what is news and sleeps when nothing is wanted', async () => {
    const [storage, clock] = [new FakeStorage(), new FakeClock(EVENING)];
    const told: number[] = [];
    const keeper = new JournalKeeper({
      storage,
      clock,
      onChange: (journal) => told.push(lastOf(journal).totals.shardsVerified),
    });
    keeper.look(seen());
    keeper.look(seen({ bytesDown: 5 }));
    keeper.look(seen({ shardsVerified: 1 }));
    expect(told).toEqual([0, 1]);
    await clock.advance(10 * MINUTE);
    expect(lastOf(keeper.journal).spentMs.work).toBe(10 * MINUTE);
    keeper.look(ended({ shardsVerified: 1 }));
    expect(clock.pending).toBe(0);
    expect(lastOf(parseJournal(storage.text)).end).toBe('stopped');
    keeper.look(ended());
    keeper.look(ended());
    expect(keeper.journal.sessions.length).toBe(1);
  });

  it('clears and brings back, also while it works, and loses nothing of either', async () => {
    const [storage, clock] = [new FakeStorage(), new FakeClock(EVENING)];
    const keeper = new JournalKeeper({ storage, clock });
    keeper.look(seen());
    await clock.advance(HOUR);
    keeper.look(seen({ shardsVerified: 5 }));
    keeper.clear();
    expect(keeper.canUndo).toBe(true);
    expect(lastOf(keeper.journal)).toMatchObject({ totals: { shardsVerified: 0 }, spentMs: {} });
    await clock.advance(HOUR);
    keeper.look(seen({ shardsVerified: 7 }));
    expect(lastOf(keeper.journal).totals.shardsVerified).toBe(2);
    keeper.undo();
    keeper.look(ended({ shardsVerified: 8 }));
    expect(keeper.journal.sessions.length).toBe(1);
    expect(lastOf(keeper.journal)).toMatchObject({ beganMs: EVENING, totals: { shardsVerified: 8 } });
    expect(lastOf(keeper.journal).spentMs.work).toBe(2 * HOUR);
    expect(keeper.canUndo).toBe(false);
    keeper.undo();
    keeper.clear();
    expect(parseJournal(storage.text).sessions).toEqual([]);
    keeper.undo();
    expect(parseJournal(storage.text).sessions.length).toBe(1);
  });

  it('works for itself where nothing can be kept, or no more', async () => {
    const storage = new FakeStorage();
    storage.full = true;
    for (const kept of [undefined, storage]) {
      const clock = new FakeClock(EVENING);
      const keeper = new JournalKeeper({ storage: kept, clock });
      for (let i = 0; i < 2; i++) {
        keeper.look(seen());
        await clock.advance(HOUR);
        keeper.look(ended());
      }
      expect(keeper.journal.sessions.length).toBe(2);
    }
  });

  it('takes what a GPU may draw, and takes in what another tab wrote', () => {
    const [storage, clock] = [new FakeStorage(), new FakeClock(EVENING)];
    const [one, other] = [0, 1].map(() => new JournalKeeper({ storage, clock }));
    one!.setWatts(220);
    one!.setWatts(Number.NaN);
    one!.setWatts(1e9);
    expect(one!.journal.watts).toBe(220);
    expect(other!.journal.watts).toBe(DEFAULT_WATTS);
    other!.refresh();
    expect(other!.journal.watts).toBe(220);
  });
});
