import { describe, expect, it } from 'vitest';
import { NO_JOURNAL, PAUSE_KINDS } from '../../src/page/journal.ts';
import { csv, reportCsv } from '../../src/page/report-csv.ts';
import { energetic, lasting, sized, spanning, timed } from '../../src/page/report-numbers.ts';
import { summaryOf } from '../../src/page/report-summary.ts';
import { reportDe } from '../../src/page/strings-report-de.ts';
import { reportEn } from '../../src/page/strings-report-en.ts';
import { aNight, ended, EVENING, HOUR, MINUTE, seen, watched } from './journal-night.ts';

describe('what the report says', () => {
  it('adds up: work, pauses, energy, and a line of the night without holes', () => {
    const summary = summaryOf({ ...aNight(), watts: 100 })!;
    expect(summary.workMs / MINUTE).toBe(492 - 41 - 66 - 12);
    expect(summary.pausedMs / MINUTE).toBe(41 + 66 + 12);
    expect(summary.briefMs).toBe(0);
    expect(summary.longest).toMatchObject({ kind: 'suspended' });
    expect(summary.wattHours).toBeCloseTo(520, 6);
    expect(summary.line.map(({ kind }) => kind)).toEqual([
      'work',
      'pause',
      'work',
      'gap',
      'work',
      'pause',
      'work',
    ]);
    let at = 0;
    for (const { from, length } of summary.line) {
      expect(from).toBeCloseTo(at, 9);
      at = from + length;
    }
    expect(at).toBeCloseTo(1, 9);
  });

  it('is of the session that ended last or goes on, and of each before', () => {
    const journal = watched(
      [
        [10 * HOUR, seen()],
        [11 * HOUR, seen({ shardsVerified: 3 })],
      ],
      aNight(),
    );
    expect(summaryOf(journal)).toMatchObject({ present: true, session: { totals: { shardsVerified: 3 } } });
    expect(summaryOf(journal, 1)).toMatchObject({ present: false, session: { end: 'stopped' } });
    expect(summaryOf(journal, 2)).toBeUndefined();
    expect(summaryOf(NO_JOURNAL)).toBeUndefined();
    expect(
      summaryOf(
        watched([
          [0, seen()],
          [0, ended()],
        ]),
      )!.line,
    ).toEqual([]);
  });
});

describe('the table for a spreadsheet', () => {
  it('has a row for the whole and one for each pause, all as long', () => {
    const lines = reportCsv(summaryOf(aNight())!).split('\r\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => line.split(',').length)).toEqual([16, 16, 16, 16, 16]);
    expect(lines[1]).toBe(
      'session,2026-11-22T23:00:00.000Z,2026-11-23T07:12:00.000Z,29520,22380,1080,1800,1240,1,9400000000000000,9400.000000,5100000000,1900000000,18720,60,312',
    );
    expect(lines[2]).toBe(
      `on-battery,2026-11-23T00:14:00.000Z,2026-11-23T00:55:00.000Z,2460${','.repeat(12)}`,
    );
  });

  it('quotes what needs it, and lets no text become a formula', () => {
    expect(csv([['a "b"', 'c,d', 'e\r\nf', '=1+1', '@x', '-1', -1]])).toBe(
      `"a ""b""","c,d","e\r\nf",'=1+1,'@x,'-1,-1\r\n`,
    );
  });
});

describe('the words of the report', () => {
  it('are there in both languages for each reason, without the same sentence in both', () => {
    expect(Object.keys(reportDe).toSorted()).toEqual(Object.keys(reportEn).toSorted());
    for (const kind of PAUSE_KINDS) {
      expect(reportEn.kinds[kind]).toMatch(/^[A-Z].*\.$/);
      expect(reportDe.kinds[kind]).toMatch(/^[A-ZÄÖÜ].*\.$/);
      expect(reportDe.kinds[kind]).not.toBe(reportEn.kinds[kind]);
    }
  });

  it('write lengths, sizes and energies as the language does', () => {
    expect([0, 59_400, 60_000, 90 * MINUTE, 8 * HOUR].map((ms) => lasting('en', ms))).toEqual([
      '0 sec',
      '59 sec',
      '1 min',
      '1 hr 30 min',
      '8 hr',
    ]);
    expect(lasting('de', 90 * MINUTE)).toBe('1 Std. 30 Min.');
    expect([0, 999, 1500, 5.1e9, 2e17].map((bytes) => sized('en', bytes))).toEqual([
      '0 byte',
      '999 byte',
      '1.5 kB',
      '5.1 GB',
      '200,000 TB',
    ]);
    expect([0, 4.26, 99, 312, 4266].map((wattHours) => energetic('de', wattHours))).toEqual([
      '0\u{a0}Wh',
      '4,3\u{a0}Wh',
      '99\u{a0}Wh',
      '0,31\u{a0}kWh',
      '4,3\u{a0}kWh',
    ]);
  });

  it('name the day where it is another', () => {
    expect(timed('en', EVENING, EVENING + MINUTE)).not.toMatch(/Nov/);
    expect(timed('en', EVENING, EVENING + 30 * HOUR)).toMatch(/Nov/);
    expect(spanning('en', EVENING, EVENING + 30 * HOUR)).toMatch(/Nov.*–.*Nov/);
  });
});
