import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';
import { openDawn } from '../../src/gpu/dawn.node.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { assertKnownAnswers } from '../../src/gpu/self-test.ts';
import { supply, nameBlocks, operandBlocks } from '../../src/gpu/small-product.ts';
import { type WebGpuOptions, createWebGpuBackend } from '../../src/gpu/webgpu.ts';

let gpu: GPU;
let devices: GPUDevice[] = [];

beforeAll(async () => {
  const dawn = await openDawn();
  /** Dawn's GPU, remembering its devices so that a test can lose them. */
  gpu = {
    wgslLanguageFeatures: dawn.wgslLanguageFeatures,
    async requestAdapter(options: GPURequestAdapterOptions) {
      const adapter = (await dawn.requestAdapter(options))!;
      return {
        info: adapter.info,
        limits: adapter.limits,
        async requestDevice(descriptor: GPUDeviceDescriptor) {
          const device = await adapter.requestDevice(descriptor);
          devices.push(device);
          return device;
        },
      };
    },
  } as unknown as GPU;
});
afterAll(() => {
  devices = [];
});

const options = (change: Partial<WebGpuOptions> = {}): WebGpuOptions => ({
  gpu,
  shaders,
  memoryBytes: 8 * 2 ** 20,
  allowFallback: true,
  clock: systemClock,
  ...change,
});

async function using(
  change: Partial<WebGpuOptions>,
  run: (backend: Backend) => Promise<void>,
): Promise<void> {
  const backend = await createWebGpuBackend(options(change));
  try {
    await run(backend);
  } finally {
    await backend.destroy();
  }
}

/** A kernel that compiles and computes something else. */
const wrong = (text: string): string => text.replace('results[at] += c0;', 'results[at] += c0 + c0;');

describe('createWebGpuBackend', () => {
  it('says that there is no adapter', async () => {
    const none = { requestAdapter: async () => null } as unknown as GPU;
    await expect(createWebGpuBackend(options({ gpu: none }))).rejects.toMatchObject({ code: 'no-webgpu' });
  });

  it('refuses a software adapter unless told otherwise, by its flag or by its name', async () => {
    for (const info of [
      { isFallbackAdapter: true, architecture: '', device: '', description: '' },
      { isFallbackAdapter: false, architecture: 'swiftshader', device: '', description: '' },
      { isFallbackAdapter: false, architecture: '', device: '', description: 'llvmpipe (LLVM 15)' },
    ]) {
      const software = { requestAdapter: async () => ({ info, limits: {} }) } as unknown as GPU;
      const refused = createWebGpuBackend(options({ gpu: software, allowFallback: false }));
      await expect(refused).rejects.toMatchObject({ code: 'software-adapter' });
    }
  });

  it('stops before it has opened anything when the signal has fired', async () => {
    const before = devices.length;
    const stopped = createWebGpuBackend(options({ signal: AbortSignal.abort() }));
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(devices.length).toBe(before);
  });

  it('names its kernels, and the plain one where dot4I8Packed is missing', async () => {
    await using({}, async (backend) => {
      await backend.selfTest();
      expect(backend.info.kernels).toEqual({ i8: 'i8-dot4', f16: 'f16', f32: 'f32' });
    });
    await using({ mask: { noDot4: true } }, async (backend) => {
      await backend.selfTest();
      expect(backend.info).toMatchObject({ kind: 'webgpu', fallback: true, kernels: { i8: 'i8-unpack' } });
    });
  });
});

describe('selfTest', () => {
  it('moves on to the next kernel when one is wrong', async () => {
    const bad = { ...shaders, 'i8-dot4': wrong(shaders['i8-dot4']), f16: wrong(shaders.f16) };
    await using({ shaders: bad }, async (backend) => {
      await backend.selfTest();
      expect(backend.info.kernels).toEqual({ i8: 'i8-unpack', f16: 'f16-bits', f32: 'f32' });
    });
  });

  it('names the kernel when none is right', async () => {
    await using({ shaders: { ...shaders, f32: wrong(shaders.f32) } }, async (backend) => {
      await expect(backend.selfTest()).rejects.toMatchObject({
        code: 'gpu-wrong',
        message: expect.stringContaining('kernel f32 fails its test'),
      });
    });
  });

  it('notices kernels that are wrong in one thing only', async () => {
    for (const [name, from, to] of [
      ['i8-unpack', 'extractBits(a, 24u, 8u)', 'extractBits(a, 24u, 7u)'],
      ['i8-unpack', 'p < tile.y + params.pairTo', 'p < tile.y + 1u'],
      ['f32', 'column / 4u;', '(column & 31u) / 4u;'],
      ['f16-bits', '0x1p-24f', '0.0f'],
    ] as const) {
      expect(shaders[name]).toContain(from);
      const bad = { ...shaders, 'i8-dot4': '', f16: '', [name]: shaders[name].replace(from, to) };
      await using({ shaders: bad }, async (backend) => {
        const dtype = name === 'f32' ? 'f32' : name === 'f16-bits' ? 'f16' : 'i8';
        expect(backend.info.kernels[dtype]).toBe(name);
        await expect(assertKnownAnswers(backend, dtype)).rejects.toMatchObject({ code: 'gpu-wrong' });
      });
    }
  });

  it('reports what the compiler says of a kernel that has no substitute', async () => {
    const broken = createWebGpuBackend(options({ shaders: { ...shaders, f32: 'fn main( {}' } }));
    await expect(broken).rejects.toMatchObject({
      code: 'gpu-wrong',
      message: expect.stringMatching(/kernel f32 does not compile: line 1: /),
    });
  });
});

describe('a lost device', () => {
  it('rejects what is running and what comes later, and a new backend works', async () => {
    const backend = await createWebGpuBackend(options());
    const shape = { dtype: 'i8', rows: 256, cols: 256, k: 4096 } as const;
    const operand = operandBlocks({ dtype: 'i8', rows: 256, cols: 4096 }, () => 1);
    const names = nameBlocks(operand, 'x');
    const shard = await backend.open(shape);
    const range = { from: 0, to: 4, a: names, b: names };
    await supply(backend, shard, range, [operand, operand], [names, names]);
    let looks = 0;
    const { signal } = new AbortController();
    Object.defineProperty(signal, 'aborted', {
      get: () => {
        if (++looks === 6) devices.at(-1)!.destroy();
        return false;
      },
    });
    await expect(backend.accumulate(shard, range, signal)).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(backend.open(shape)).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(backend.stats()).rejects.toMatchObject({ code: 'gpu-lost' });
    await backend.destroy();
    await expect(backend.open(shape)).rejects.toMatchObject({ code: 'closed' });
    await using({}, (next) => next.selfTest());
  });
});

describe('createCpuBackend', () => {
  it('passes the known answers too', async () => {
    const backend = createCpuBackend({ memoryBytes: 8 * 2 ** 20, clock: systemClock });
    await backend.selfTest();
    await backend.destroy();
  });
});
