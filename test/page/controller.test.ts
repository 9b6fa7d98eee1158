import { describe, expect, it } from 'vitest';
import { STOPPED } from '../../src/contributor/api.ts';
import type { CoordinatorConfig } from '../../src/contributor/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { seededRng } from '../../src/core/rng.ts';
import { type Levels, PageController, retryDelayMs } from '../../src/page/controller.ts';
import { readAddress } from '../../src/page/settings.ts';
import { FakeContributor } from './fake-contributor.ts';

const MIB = 1024 * 1024;
const LEVELS: Levels = {
  intensity: 1,
  paused: false,
  memoryBytes: 256 * MIB,
  diskBytes: 64 * MIB,
  rateCaps: {},
};
const CONFIG: CoordinatorConfig = { addresses: ['/ip4/127.0.0.1/tcp/1/ws/p2p/x'], source: 'file' };

class FakeClock implements Clock {
  readonly waiting: { ms: number; callback: () => void }[] = [];
  now = (): number => 0;
  after(ms: number, callback: () => void): () => void {
    const entry = { ms, callback };
    this.waiting.push(entry);
    return () => {
      const at = this.waiting.indexOf(entry);
      if (at >= 0) this.waiting.splice(at, 1);
    };
  }

  fire(): void {
    this.waiting.shift()?.callback();
  }
}

/** `answers`: what each try to find the coordinator ends with; then always CONFIG. */
const setUp = (...answers: AppError[]) => setUpWith({ answers });

function setUpWith({ answers = [], onDisk = 0 }: { answers?: AppError[]; onDisk?: number }) {
  const contributor = new FakeContributor();
  contributor.onDisk = onDisk;
  const clock = new FakeClock();
  const controller = new PageController({
    contributor,
    clock,
    rng: seededRng(7),
    address: readAddress(''),
    levels: LEVELS,
    loadConfig: () => {
      const error = answers.shift();
      return error ? Promise.reject(error) : Promise.resolve(CONFIG);
    },
  });
  return { contributor, clock, controller };
}

/** Lets every promise that can settle do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const unreachable = (): AppError => new AppError('unreachable', 'coordinator.json could not be read');

describe('PageController', () => {
  it('does nothing before start', () => {
    const { contributor, controller } = setUp();
    expect(contributor.calls).toEqual([]);
    expect(controller.state).toMatchObject({ wanted: false, ranBefore: false, status: { stage: 'stopped' } });
  });

  it('starts once with the coordinator it found and the visitor’s settings, however often start is called', async () => {
    const { contributor, controller } = setUp();
    await Promise.all([controller.start(), controller.start()]);
    await controller.start();
    expect(contributor.calls).toEqual(['start']);
    expect(contributor.options).toEqual({
      addresses: CONFIG.addresses,
      allowSoftware: false,
      memoryBytes: 256 * 1024 * 1024,
      intensity: 1,
      diskBytes: 64 * 1024 * 1024,
      paused: false,
      rateCaps: {},
    });
    expect(controller.state.status.stage).toBe('testing');
  });

  it('passes an intensity on at once while it runs, and to every later start', async () => {
    const { contributor, controller } = setUp(unreachable());
    controller.setLevels({ intensity: 0.5 });
    const started = controller.start();
    await settle();
    controller.setLevels({ intensity: 0.25 });
    expect(contributor.calls).toEqual([]);
    controller.wake();
    await started;
    expect(contributor.options).toMatchObject({ intensity: 0.25 });
    controller.setLevels({ intensity: 0.1 });
    await controller.stop();
    controller.setLevels({ intensity: 0.75 });
    expect(contributor.calls).toEqual(['start', 'intensity 0.1', 'stop']);
    await controller.start();
    expect(contributor.options).toMatchObject({ intensity: 0.75 });
    expect(controller.levels.intensity).toBe(0.75);
  });

  it('passes a disk budget on at once while it runs and to every later start', async () => {
    const { contributor, controller } = setUp();
    controller.setLevels({ diskBytes: 5 * MIB });
    await controller.start();
    expect(contributor.options).toMatchObject({ diskBytes: 5 * MIB });
    controller.setLevels({ diskBytes: 7 * MIB });
    contributor.say({ stage: 'waiting', disk: { usedBytes: 3 * MIB, budgetBytes: 7 * MIB } });
    expect(controller.state).toMatchObject({ diskUsedBytes: 3 * MIB });
    await controller.clearDisk();
    expect(controller.state.diskUsedBytes).toBe(3 * MIB); // the next status says it
    contributor.say({ disk: { usedBytes: 0, budgetBytes: 7 * MIB } });
    expect(controller.state.diskUsedBytes).toBe(0);
    expect(contributor.calls).toEqual(['start', `disk ${7 * MIB}`, 'clear disk']);
  });

  it('knows what an earlier visit left on the disk, and clears it without a start', async () => {
    const { contributor, controller } = setUpWith({ onDisk: 3 * MIB });
    await settle();
    expect(controller.state.diskUsedBytes).toBe(3 * MIB);
    controller.setLevels({ diskBytes: 0 });
    await settle();
    expect(contributor.calls).toEqual(['clear disk']);
    expect(controller.state.diskUsedBytes).toBe(0);
  });

  it('keeps trying to find the coordinator, says when, and starts as soon as it answers', async () => {
    const { contributor, clock, controller } = setUp(unreachable(), unreachable());
    const started = controller.start();
    await settle();
    expect(controller.state.status).toMatchObject({
      stage: 'connecting',
      retryInMs: clock.waiting[0]?.ms,
      problem: { code: 'unreachable' },
    });
    clock.fire();
    await settle();
    expect(clock.waiting[0]?.ms).toBeGreaterThanOrEqual(2_000);
    clock.fire();
    await started;
    expect(contributor.calls).toEqual(['start']);
    expect(controller.state.status.problem).toBeUndefined();
  });

  it('tries at once when the network comes back', async () => {
    const { contributor, clock, controller } = setUp(unreachable());
    const started = controller.start();
    await settle();
    controller.wake();
    await started;
    expect(clock.waiting).toEqual([]);
    expect(contributor.calls).toEqual(['start']);
    controller.wake();
    expect(contributor.calls).toEqual(['start', 'wake']);
  });

  it('stops trying when stopped, and never starts the contributor afterwards', async () => {
    const { contributor, clock, controller } = setUp(unreachable());
    const started = controller.start();
    await settle();
    await controller.stop();
    await started;
    expect(clock.waiting).toEqual([]);
    await settle();
    expect(contributor.calls).toEqual(['stop']);
    expect(controller.state).toMatchObject({
      wanted: false,
      status: { stage: 'stopped', problem: undefined },
    });
  });

  it('does not keep trying with a coordinator.json that is not ours', async () => {
    const { contributor, clock, controller } = setUp(new AppError('bad-input', 'must look like {…}'));
    await controller.start();
    expect(controller.state).toMatchObject({
      wanted: false,
      status: { stage: 'failed', problem: { code: 'bad-input' } },
    });
    expect(clock.waiting).toEqual([]);
    expect(contributor.calls).toEqual([]);
  });

  it('keeps a session’s totals after the contributor has forgotten them, and adds the next session’s', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    contributor.say({ stage: 'computing', shardsVerified: 3, microcredits: 5n, bytesUp: 7 });
    await controller.stop();
    expect(controller.state.status).toMatchObject({ stage: 'stopped', shardsVerified: 3, microcredits: 5n });
    await controller.start();
    expect(controller.state.status).toMatchObject({ stage: 'testing', shardsVerified: 3 });
    contributor.say({ stage: 'verified', shardsVerified: 1, microcredits: 1n, bytesUp: 1 });
    await controller.stop();
    expect(controller.state.status).toMatchObject({ shardsVerified: 4, microcredits: 6n, bytesUp: 8 });
  });

  it('starts afresh after a failure, through a stop', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    contributor.say({ stage: 'failed', problem: { code: 'gpu-lost', message: 'the device is lost' } });
    expect(controller.state.wanted).toBe(false);
    await controller.start();
    expect(contributor.calls).toEqual(['start', 'stop', 'start']);
    expect(controller.state).toMatchObject({
      wanted: true,
      status: { stage: 'testing', problem: undefined },
    });
  });

  it('shows a start or a stop that threw as a problem', async () => {
    const { contributor, controller } = setUp();
    contributor.failStart = new AppError('no-webgpu', 'no adapter');
    await controller.start();
    expect(controller.state.status).toMatchObject({ stage: 'failed', problem: { code: 'no-webgpu' } });
    contributor.failStart = undefined;
    await controller.start();
    contributor.failStop = new AppError('timeout', 'the worker does not answer');
    await controller.stop();
    expect(controller.state).toMatchObject({ stopping: false, status: { stage: 'failed' } });
  });

  it('tells what has changed of its levels, and only that, and says all of it at the next start', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    controller.setLevels({ paused: true });
    controller.setLevels({ paused: true, intensity: 1 });
    controller.setLevels({ rateCaps: { down: 128 * 1024 }, memoryBytes: 512 * MIB });
    expect(contributor.calls).toEqual([
      'start',
      'paused true',
      `memory ${512 * MIB}`,
      `caps ${128 * 1024} undefined`,
    ]);
    await controller.stop();
    await controller.start();
    expect(contributor.options).toMatchObject({
      paused: true,
      memoryBytes: 512 * MIB,
      rateCaps: { down: 128 * 1024 },
    });
  });

  it('finishes what has begun, and stops at once when asked again', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    contributor.holdFinish = new Promise(() => {});
    void controller.finish();
    contributor.say({ stage: 'computing', finishing: true });
    expect(controller.state).toMatchObject({ wanted: true, status: { finishing: true } });
    await controller.finish();
    expect(contributor.calls).toEqual(['start', 'finish', 'stop']);
    expect(controller.state).toMatchObject({ wanted: false, status: { stage: 'stopped', finishing: false } });
  });

  it('is stopped when it has finished', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    contributor.say({ stage: 'computing', shardsVerified: 3 });
    await controller.finish();
    expect(controller.state).toMatchObject({
      wanted: false,
      status: { stage: 'stopped', shardsVerified: 3 },
    });
  });

  it('replaces its workers without stopping for its visitor, and keeps the totals', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    contributor.say({ stage: 'computing', shardsVerified: 3 });
    const wanted: boolean[] = [];
    controller.onChange((state) => wanted.push(state.wanted));
    let between = 0;
    await Promise.all([controller.recycle(async () => void (between += 1)), controller.recycle()]);
    expect(contributor.calls).toEqual(['start', 'finish', 'start']);
    expect(between).toBe(1);
    expect(new Set(wanted)).toEqual(new Set([true]));
    contributor.say({ stage: 'verified', shardsVerified: 1 });
    expect(controller.state.status.shardsVerified).toBe(4);
  });

  it('stays stopped when it was stopped while its workers were replaced', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    const held = Promise.withResolvers<void>();
    contributor.holdFinish = held.promise;
    const recycled = controller.recycle();
    await controller.stop();
    held.resolve();
    await recycled;
    expect(contributor.calls).toEqual(['start', 'finish', 'stop']);
    expect(controller.state).toMatchObject({ wanted: false, status: { stage: 'stopped' } });
  });

  it('shows a contributor that stopped by itself as stopped', async () => {
    const { contributor, controller } = setUp();
    await controller.start();
    contributor.say({ stage: 'waiting', shardsVerified: 2 });
    contributor.say({ ...STOPPED });
    expect(controller.state).toMatchObject({
      wanted: false,
      status: { stage: 'stopped', shardsVerified: 2 },
    });
  });
});

describe('retryDelayMs', () => {
  it('doubles from one second to a minute and spreads by at most a quarter', () => {
    const least = { ...seededRng(1), float: () => 0 };
    const most = { ...seededRng(1), float: () => 1 };
    expect([0, 1, 2, 5, 6, 60, 5000].map((n) => retryDelayMs(n, least))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect(retryDelayMs(60, most)).toBe(75_000);
  });
});
