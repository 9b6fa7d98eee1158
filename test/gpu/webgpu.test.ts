import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { Backend, ShardShape } from '../../src/gpu/backend.ts';
import { createCpuBackend } from '../../src/gpu/cpu.ts';
import { openDawn } from '../../src/gpu/dawn.node.ts';
import { KERNELS, type Shaders, type SourceName } from '../../src/gpu/kernels.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { supply, nameBlocks, operandBlocks } from '../../src/gpu/small-product.ts';
import { type WebGpuOptions, createWebGpuBackend } from '../../src/gpu/webgpu.ts';
import { meetDevices } from '../helpers/met-devices.ts';
import { oneKernelEach } from '../helpers/one-kernel-each.ts';

let gpu: GPU;
let devices: GPUDevice[] = [];

beforeAll(async () => {
  // A test can lose the devices that it remembers.
  gpu = meetDevices(await openDawn(), (device) => devices.push(device));
});
afterAll(() => {
  devices = [];
});

/** A GPU whose devices have no memory for a buffer above these sizes: of any kind, of results. */
function refusing(inner: GPU, bytes: number, resultBytes = bytes): GPU {
  return meetDevices(inner, (device) => {
    const create = device.createBuffer.bind(device);
    device.createBuffer = (wanted) => {
      const most = wanted.label?.startsWith('result') ? resultBytes : bytes;
      if (wanted.size > most) throw new RangeError('no memory for this buffer');
      return create(wanted);
    };
  });
}

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

/** Sources of kernels that compile and compute something else. */
const WRONG: Partial<Record<SourceName, readonly [string, string]>> = {
  'element-f32': ['addFour(sum, a, b0, b1', 'addFour(sum, a, b1, b0'],
  'element-f16': ['unpack2x16float(bits.z)', 'unpack2x16float(bits.x)'],
  'element-i8-dot4': ['dot4I8Packed(a.w, b.w)', 'dot4I8Packed(a.w, b.z)'],
};

/** The shaders with these texts changed; each must be there. */
function changed(changes: typeof WRONG): Shaders {
  const texts: Record<string, string> = { ...shaders };
  for (const [name, [from, to]] of Object.entries(changes)) {
    expect(texts[name]).toContain(from);
    texts[name] = texts[name]!.replaceAll(from, to);
  }
  return texts as Shaders;
}

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

  it('makes do with less memory when the device refuses what was granted', async () => {
    const stingy = refusing(gpu, 20 * 2 ** 20);
    await using({ gpu: stingy, memoryBytes: 64 * 2 ** 20, kernels: oneKernelEach }, async (backend) => {
      // 64 and 32 MiB ask for an arena of 48 and 24 MiB; 16 MiB asks for 12.
      expect(backend.pageCount).toBe(48);
      await backend.selfTest();
    });
    await expect(
      createWebGpuBackend(options({ gpu: refusing(gpu, 2 ** 20), memoryBytes: 64 * 2 ** 20 })),
    ).rejects.toMatchObject({ code: 'out-of-memory' });
  });

  it('grants no more for results once the device has refused some', async () => {
    await using(
      { gpu: refusing(gpu, 13 * 2 ** 20, 4 * 2 ** 18), memoryBytes: 16 * 2 ** 20 },
      async (backend) => {
        const shape = (cells: number): ShardShape => ({ dtype: 'i8', rows: 256, cols: 256 * cells, k: 1 });
        const before = backend.resultBytes;
        const one = await backend.open(shape(2));
        await expect(backend.open(shape(5))).rejects.toMatchObject({ code: 'out-of-memory' });
        expect(backend.resultBytes).toBe(2 * 2 ** 18);
        expect(before).toBeGreaterThan(7 * 2 ** 18);
        await expect(backend.open(shape(1))).rejects.toMatchObject({ code: 'out-of-memory' });
        await backend.abandon(one);
        await backend.abandon(await backend.open(shape(2)));
      },
    );
  });
});

describe('selfTest', () => {
  it('names the winners, and does without dot4I8Packed where it is missing', async () => {
    await using({}, async (backend) => {
      await backend.selfTest();
      const { kernels } = backend.info;
      expect(kernels.i8).toMatch(/^i8-/);
      expect(kernels.f16).toMatch(/^f16/);
      expect(kernels.f32).toMatch(/^f32\//);
    });
    // The choice among all is made above.
    const kernels = (name: string): boolean => name.endsWith('/register-32');
    await using({ mask: { noDot4: true }, kernels }, async (backend) => {
      await backend.selfTest();
      expect(backend.info).toMatchObject({ kind: 'webgpu', fallback: true });
      expect(backend.info.kernels.i8).not.toContain('dot4');
    });
  });

  it('never chooses a kernel that is wrong', async () => {
    const { 'element-f32': _, ...bad } = WRONG;
    const kernels = (name: string): boolean => name.endsWith('/register-32');
    await using({ shaders: changed(bad), kernels }, async (backend) => {
      await backend.selfTest();
      expect(backend.info.kernels.i8).toMatch(/^i8-(fma|unpack)/);
      expect(backend.info.kernels.f16).toMatch(/^f16-bits/);
    });
  });

  it('names the kernel when none is right', async () => {
    const kernels = (name: string): boolean => name.startsWith('f32/') || oneKernelEach(name);
    await using({ shaders: changed({ 'element-f32': WRONG['element-f32']! }), kernels }, async (backend) => {
      await expect(backend.selfTest()).rejects.toMatchObject({
        code: 'gpu-wrong',
        message: expect.stringMatching(/kernel f32\/[-a-z0-9]+ fails its test/),
      });
    });
  });

  it.each([
    ['i8-unpack/register-32', 'element-i8-unpack', 'extractBits(a, 24u, 8u)', 'extractBits(a, 24u, 7u)'],
    ['i8-dot4/register-32', 'register', 'p < tile.firstPair + params.pairTo', 'p < tile.firstPair + 1u'],
    ['f32/register-64', 'pages', '+ column / 4u', '+ (column & 31u) / 4u'],
    ['f16-bits/register-32', 'element-f16-bits', '0x1p-24f', '0.0f'],
    ['i8-fma/register-32', 'element-i8-fma', '24u, 16u, 8u, 0u', '24u, 16u, 8u, 8u'],
    ['f32/tiled-64', 'tiled', 'at + TILE / 8u', 'at'],
    ['f32/tiled-64', 'tiled', 'if (vec >= vecs) {', 'if (vec > vecs) {'],
    ['i8-fma/tiled-64', 'tiled', '(WINDOWED && ended)', 'false'],
    ['f32/flat-deep', 'deliver-reduced', 'lane = 1u', 'lane = 2u'],
  ] as const)('notices that %s is wrong in one thing in %s', async (kernel, source, from, to) => {
    const dtypeOf = (name: string): string => KERNELS.find((member) => member.name === name)!.dtype;
    const others = ['i8-dot4', 'f16', 'f32'].map((element) => `${element}/register-32`);
    const kernels = (name: string): boolean =>
      dtypeOf(name) === dtypeOf(kernel) ? name === kernel : others.includes(name);
    await using({ shaders: changed({ [source]: [from, to] }), kernels }, async (backend) => {
      await expect(backend.selfTest()).rejects.toMatchObject({
        code: 'gpu-wrong',
        message: expect.stringContaining('fails its test'),
      });
    });
  });

  it('reports what the compiler says of a kernel that has no substitute', async () => {
    const bad = { ...shaders, 'element-f32': 'fn main( {}' };
    await using({ shaders: bad, kernels: oneKernelEach }, async (backend) => {
      await expect(backend.selfTest()).rejects.toMatchObject({
        code: 'gpu-wrong',
        message: expect.stringMatching(/kernel f32\/[-a-z0-9]+ does not compile: line 1: /),
      });
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
        if (++looks === 4) devices.at(-1)!.destroy();
        return false;
      },
    });
    await expect(backend.accumulate(shard, range, signal)).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(backend.open(shape)).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(backend.stats()).rejects.toMatchObject({ code: 'gpu-lost' });
    await backend.destroy();
    await expect(backend.open(shape)).rejects.toMatchObject({ code: 'closed' });
    await using({ kernels: oneKernelEach }, (next) => next.selfTest());
  });
});

describe('createCpuBackend', () => {
  it('passes the known answers too', async () => {
    const backend = createCpuBackend({ memoryBytes: 8 * 2 ** 20, clock: systemClock });
    await backend.selfTest();
    await backend.destroy();
  });
});
