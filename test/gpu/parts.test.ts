import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { Completion } from '../../src/gpu/completion.ts';
import { SOURCES } from '../../src/gpu/kernels.ts';
import { splitMemory } from '../../src/gpu/memory.ts';
import { repackCell } from '../../src/gpu/repack.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';

const ROOT = resolve(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js|html)$/.test(name))
    .map((name) => join(folder, name));
}

describe('shader text', () => {
  it('reaches createShaderModule in one place only, and from the bundle only', () => {
    const callers = sources('src').filter((path) =>
      /\bcreateShaderModule\s*\(/.test(readFileSync(join(ROOT, path), 'utf8')),
    );
    expect(callers).toEqual(['src/gpu/pipelines.ts']);
    const pipelines = readFileSync(join(ROOT, 'src/gpu/pipelines.ts'), 'utf8');
    expect(pipelines.match(/createShaderModule\s*\(/g)).toHaveLength(1);
    expect(pipelines).toContain('const code = kernelText(kernel, this.#shaders);');
  });

  it('is what lies in shaders/, the same for Node and for Vite', () => {
    const files = readdirSync(join(ROOT, 'shaders')).toSorted();
    expect(SOURCES.map((name) => `${name}.wgsl`).toSorted()).toEqual(files);
    expect(Object.keys(shaders).toSorted()).toEqual(Array.from(SOURCES).toSorted());
    const vite = readFileSync(join(ROOT, 'src/gpu/shaders.ts'), 'utf8');
    for (const file of files) expect(vite).toContain(`shaders/${file}?raw`);
  });
});

describe('splitMemory', () => {
  it('spends no more than it was granted and gives every purpose at least a page', () => {
    for (const mebibytes of [1, 2, 3, 16, 100, 1024, 8192]) {
      const { operands, results, staging } = splitMemory(mebibytes * 2 ** 20);
      expect(operands + results + staging).toBe(mebibytes * 4);
      expect(Math.min(operands, results, staging)).toBeGreaterThan(0);
    }
  });

  it('refuses less than 1 MiB', () => {
    expect(() => splitMemory(2 ** 20 - 1)).toThrow('at least 1 MiB');
  });
});

describe('repackCell', () => {
  it('keeps the rows and columns that exist and fills the last column-block with zeros to 16 bytes', () => {
    const page = new Uint8Array(256 * 1024).fill(0xee);
    const values = new Int32Array(page.buffer);
    for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) values[i * 256 + j] = 10 * i + j;
    const block = repackCell({ dtype: 'i8', rows: 258, cols: 259, k: 1 }, 3, page);
    expect(Array.from(new Int32Array(block.buffer))).toEqual([0, 1, 2, 0, 10, 11, 12, 0]);
  });

  it('copies a full cell as it is, and never aliases the page', () => {
    const page = new Uint8Array(256 * 1024).fill(7);
    const block = repackCell({ dtype: 'f32', rows: 256, cols: 300, k: 1 }, 0, page);
    expect(block).toEqual(page);
    expect(block.buffer).not.toBe(page.buffer);
  });
});

describe('Completion', () => {
  /** A queue that answers `delay` later, or at the next submission when it polls there. */
  function fakes(delay: number): {
    clock: Clock;
    queue: GPUQueue;
    submissions: () => number;
    advance: (ms: number) => Promise<void>;
  } {
    let now = 0;
    let submissions = 0;
    let timers: { at: number; callback: () => void }[] = [];
    let waiting: (() => void)[] = [];
    const flush = (): void => {
      for (const resolve of waiting.splice(0)) resolve();
    };
    const clock: Clock = {
      now: () => now,
      after(ms, callback) {
        const timer = { at: now + ms, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    };
    const queue = {
      onSubmittedWorkDone: () => {
        clock.after(delay, flush);
        return new Promise<undefined>((resolve) => waiting.push(() => resolve(undefined)));
      },
      submit: () => {
        submissions += 1;
        flush();
      },
    } as unknown as GPUQueue;
    const advance = async (ms: number): Promise<void> => {
      for (const end = now + ms; now < end;) {
        now += 1;
        for (const timer of timers.filter(({ at }) => at <= now)) {
          timers = timers.filter((other) => other !== timer);
          timer.callback();
        }
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      }
    };
    return { clock, queue, submissions: () => submissions, advance };
  }

  it('nudges a queue that is slow to say that it is idle, and only while something waits', async () => {
    const { clock, queue, submissions, advance } = fakes(100);
    const completion = new Completion(queue, clock);
    const calibrated = completion.calibrate();
    await advance(100);
    await calibrated;
    expect(submissions()).toBe(0);
    const done = completion.done();
    await advance(3);
    await done;
    expect(submissions()).toBe(1);
    await advance(50);
    expect(submissions()).toBe(1);
  });

  it('leaves a queue alone that answers at once', async () => {
    const { clock, queue, submissions, advance } = fakes(1);
    const completion = new Completion(queue, clock);
    const calibrated = completion.calibrate();
    await advance(2);
    await calibrated;
    const done = completion.done();
    await advance(5);
    await done;
    expect(submissions()).toBe(0);
  });
});
