/** The policy at work: what is asked of the contributor, when, and what is remembered. */
import { describe, expect, it } from 'vitest';
import { STOPPED, type ContributorStatus } from '../../src/contributor/api.ts';
import { Conductor, levelsOf } from '../../src/page/conduct.ts';
import type { Levels } from '../../src/page/controller.ts';
import { ChosenSettings } from '../../src/page/settings.ts';
import type { BrowserSignals } from '../../src/page/signals.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { FakeStorage } from './fake-scope.ts';

const MIB = 1024 * 1024;
const NOON = new Date(2026, 2, 1, 12, 0).getTime();

function setUp(search = '', storage = new FakeStorage()) {
  const clock = new FakeClock(NOON);
  const signals = {
    battery: undefined as BrowserSignals['battery'],
    pressure: undefined as BrowserSignals['pressure'],
  };
  const settings = new ChosenSettings(search, storage);
  let levels: Levels = levelsOf(settings.now);
  const conductor = new Conductor({
    clock,
    settings,
    storage,
    signals: () => ({
      nowMs: clock.now(),
      minuteOfDay: new Date(clock.now()).getHours() * 60 + new Date(clock.now()).getMinutes(),
      userActive: undefined,
      screenLocked: undefined,
      saveData: undefined,
      metered: undefined,
      hidden: false,
      throttledTimers: false,
      online: true,
      ...signals,
    }),
    apply: (change) => (levels = { ...levels, ...change }),
  });
  const status = (change: Partial<ContributorStatus>): void =>
    conductor.onStatus({ ...STOPPED, stage: 'computing', ...change });
  return { clock, signals, settings, storage, conductor, status, levels: () => levels };
}

describe('the conductor', () => {
  it('begins with what was chosen', () => {
    const { levels, conductor } = setUp('?intensity=40&memory=128');
    expect(levels()).toMatchObject({ intensity: 0.4, paused: false, memoryBytes: 128 * MIB, rateCaps: {} });
    expect(conductor.state.conduct.badge).toBe('reduced');
  });

  it('pauses when the browser says why, and goes on by the clock alone', async () => {
    const { clock, signals, conductor, levels } = setUp();
    signals.battery = { charging: false, level: 1 };
    conductor.look();
    expect(levels().paused).toBe(true);
    signals.battery = { charging: true, level: 1 };
    conductor.look();
    expect(levels().paused).toBe(true);
    await clock.advance(30_000);
    expect(levels().paused).toBe(false);
  });

  it('looks again by itself when a schedule ends, to the minute', async () => {
    const { clock, conductor, levels } = setUp();
    conductor.change({ schedule: { kind: 'except', fromMinute: 11 * 60, toMinute: 13 * 60 } });
    expect(levels().paused).toBe(true);
    await clock.advance(3_540_000);
    expect(levels().paused).toBe(true);
    await clock.advance(60_000);
    expect(levels().paused).toBe(false);
  });

  it('tells of a change once, not at every status', () => {
    const { conductor, status, signals } = setUp();
    let told = 0;
    conductor.onChange(() => (told += 1));
    for (let shard = 0; shard < 5; shard++) status({ bytesDown: shard });
    expect(told).toBe(0);
    signals.pressure = 'serious';
    conductor.look();
    conductor.look();
    expect(told).toBe(1);
  });

  it('holds by hand whatever the policy says, and forgets it at the next start', () => {
    const { conductor, levels } = setUp();
    conductor.hold(true);
    expect(levels().paused).toBe(true);
    expect(conductor.state).toMatchObject({ byHand: true, conduct: { run: true } });
    conductor.begin();
    expect(levels().paused).toBe(false);
  });

  it('counts a day’s data once, over two starts and a reload', () => {
    const { conductor, status, storage } = setUp();
    status({ bytesDown: 3 * MIB, bytesUp: MIB });
    status({ bytesDown: 3 * MIB, bytesUp: MIB });
    expect(conductor.state.dayBytes).toBe(4 * MIB);
    // A visit's totals never go back, but a page that follows another contributor may see them begin anew.
    status({ bytesDown: 0 });
    status({ bytesDown: MIB });
    expect(conductor.state.dayBytes).toBe(5 * MIB);
    conductor.end();
    expect(setUp('', storage).conductor.state.dayBytes).toBe(5 * MIB);
  });

  it('stops at the cap and goes on at midnight', async () => {
    const { clock, conductor, status, levels } = setUp();
    conductor.change({ dailyDataBytes: 16 * MIB });
    status({ bytesDown: 16 * MIB });
    expect(levels().paused).toBe(true);
    await clock.advance(12 * 3_600_000 - 60_000);
    expect(levels().paused).toBe(true);
    await clock.advance(60_000);
    expect(levels().paused).toBe(false);
  });

  it('passes on caps, memory and disk at once, and keeps them', () => {
    const { conductor, levels, storage } = setUp();
    conductor.change({ downBytesPerSecond: 256 * 1024, memoryBytes: 64 * MIB, diskBytes: 0 });
    expect(levels()).toMatchObject({
      rateCaps: { down: 256 * 1024, up: undefined },
      memoryBytes: 64 * MIB,
      diskBytes: 0,
    });
    expect(setUp('', storage).levels()).toMatchObject({ memoryBytes: 64 * MIB, diskBytes: 0 });
  });

  it('leaves no timer behind', () => {
    const { clock, conductor } = setUp();
    conductor.stop();
    expect(clock.pending).toBe(0);
  });
});
