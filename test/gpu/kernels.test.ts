import { create } from 'webgpu';
import { describe, expect, it } from 'vitest';
import {
  type Adapter,
  KERNELS,
  type Kernel,
  SHAPE_CLASSES,
  SOURCES,
  candidates,
  classOf,
  kernelText,
} from '../../src/gpu/kernels.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import { DTYPES } from '../../src/matrix/dtype.ts';

const ADAPTER: Adapter = { dot4: true, fallback: false, allowed: () => true };
/** What every WebGPU device has: maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize. */
const MOST_THREADS = 256;
const MOST_MEMORY = 16_384;
/** Sources for kernels that only some adapters have (subgroup-matrices.test.ts). */
const MATRIX_SOURCES = ['component-f16', 'component-f32', 'subgroup-matrix'];

const names = (kernels: readonly Kernel[]): string[] => kernels.map(({ name }) => name);

/** The value of a product or quotient of constants of the text. */
function valueOf(text: string, expression: string): number {
  const [first, ...rest] = expression.trim().split(/\s*([*/])\s*/);
  const term = (word: string): number => {
    if (/^\d+u$/.test(word)) return Number.parseInt(word, 10);
    const declared = new RegExp(`^const ${word} = ([^;]+);`, 'm').exec(text)?.[1];
    if (declared === undefined) throw new Error(`no constant ${word}`);
    return valueOf(text, declared);
  };
  let value = term(first!);
  for (let i = 0; i < rest.length; i += 2) {
    const operand = term(rest[i + 1]!);
    value = rest[i] === '*' ? value * operand : Math.floor(value / operand);
  }
  return value;
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = { 'vec4<u32>': 16, 'array<vec4<Sum>, 4>': 64 };

/** Of one thread, by the loop; DEEP threads share theirs. */
const RESULTS: Readonly<Record<string, number>> = {
  tiled: 64,
  register: 16,
  'register-8x4': 32,
  'register-8x8': 64,
};

function threadsOf(text: string): number[] {
  const size = /@workgroup_size\(([^)]+)\)/.exec(text)![1]!;
  return size.split(',').map((side) => valueOf(text, side));
}

function workgroupBytes(text: string): number {
  const arrays = Array.from(text.matchAll(/^var<workgroup> \w+: array<(.+), ([^,>]+)>;/gm));
  expect(arrays).toHaveLength(text.match(/var<workgroup>/g)?.length ?? 0);
  return arrays.reduce(
    (sum, [, element, count]) => sum + ELEMENT_BYTES[element!]! * valueOf(text, count!),
    0,
  );
}

describe('the kernel family', () => {
  it('has a name of its own for each, and uses every file of shaders/', () => {
    expect(new Set(names(KERNELS)).size).toBe(KERNELS.length);
    const used = new Set(KERNELS.flatMap(({ sources }) => sources));
    expect(Array.from(SOURCES).filter((name) => !used.has(name))).toEqual(MATRIX_SOURCES);
  });

  it.each(KERNELS)('$name: tile, threads and workgroup memory are what every device can do', (kernel) => {
    const text = kernelText(kernel, shaders);
    const threads = threadsOf(text);
    const all = threads.reduce((product, side) => product * side, 1);
    expect(all).toBeLessThanOrEqual(MOST_THREADS);
    expect(threads[2] ?? 1).toBeLessThanOrEqual(64);
    expect(workgroupBytes(text)).toBeLessThanOrEqual(MOST_MEMORY);
    const { rows, cols } = kernel.tile;
    const each = RESULTS[kernel.sources.find((name) => name in RESULTS)!]!;
    expect((all * each) / (kernel.constants['DEEP'] ?? 1)).toBe(rows * cols);
    // Tiles neither cross cells nor leave a part of one.
    expect([256 % rows, 256 % cols]).toEqual([0, 0]);
  });

  it('never asks for a feature that an adapter may lack, shader-f16 above all', () => {
    for (const kernel of KERNELS) {
      expect(kernelText(kernel, shaders)).not.toMatch(/^\s*(enable|requires)\b|\bf16\s*[(;,>]/m);
    }
  });

  // Dawn's null backend computes nothing and checks the text as a browser would, against the limits of a device
  // that was asked for no more than the least.
  it('compiles, also what the adapters here have no hardware for', async () => {
    const gpu = create(['backend=null']);
    const device = await (await gpu.requestAdapter())!.requestDevice();
    for (const kernel of KERNELS) {
      const module = device.createShaderModule({ label: kernel.name, code: kernelText(kernel, shaders) });
      const { messages } = await module.getCompilationInfo();
      expect(messages.map(({ message }) => message)).toEqual([]);
      const compute = { module, entryPoint: 'main' };
      await device.createComputePipelineAsync({ layout: 'auto', compute });
    }
    device.destroy();
  });
});

describe('candidates', () => {
  const of = (change: Partial<Adapter>, dtype = DTYPES[0]!, shapes = SHAPE_CLASSES[0]): string[] =>
    names(candidates(KERNELS, dtype, shapes, { ...ADAPTER, ...change }));

  it.each(DTYPES.flatMap((dtype) => SHAPE_CLASSES.map((shapes) => ({ dtype, shapes }))))(
    'are several for $dtype $shapes, on any adapter',
    ({ dtype, shapes }) => {
      for (const dot4 of [true, false]) {
        for (const fallback of [true, false]) {
          const found = candidates(KERNELS, dtype, shapes, { ...ADAPTER, dot4, fallback });
          expect(found.length).toBeGreaterThan(1);
          for (const kernel of found)
            expect([kernel.dtype, kernel.classes.includes(shapes)]).toEqual([dtype, true]);
        }
      }
    },
  );

  it('begin with dot4I8Packed where there is such a thing, and do without elsewhere', () => {
    expect(of({})[0]).toBe('i8-dot4/tiled-128');
    expect(of({ dot4: false }).filter((name) => name.includes('dot4'))).toEqual([]);
  });

  it('have neither barriers nor workgroup memory on a software adapter', () => {
    const found = of({ fallback: true });
    const texts = KERNELS.filter(({ name }) => found.includes(name)).map((kernel) =>
      kernelText(kernel, shaders),
    );
    for (const text of texts) expect(text).not.toContain('workgroup>');
  });

  it('are what is allowed, even where something else would be better', () => {
    const only = (name: string) => (other: string) => name === other;
    expect(of({ allowed: only('i8-fma/tall') })).toEqual(['i8-fma/tall']);
    expect(of({ allowed: only('i8-fma/tiled-128'), fallback: true })).toEqual(['i8-fma/tiled-128']);
    expect(of({ allowed: only('f32/tall') })).toEqual([]);
  });

  it('include those of the adapter’s own', () => {
    const own: Kernel = { ...KERNELS[0]!, name: 'own', classes: ['square'] };
    expect(names(candidates([own, ...KERNELS], 'i8', 'square', ADAPTER))[0]).toBe('own');
    expect(names(candidates([own, ...KERNELS], 'i8', 'flat', ADAPTER))).not.toContain('own');
  });
});

describe('classOf', () => {
  it('tells thin shapes from square ones', () => {
    const shape = (rows: number, cols: number): string => classOf({ rows, cols });
    expect([shape(32, 5000), shape(33, 5000), shape(5000, 32), shape(5000, 33), shape(1, 1)]).toEqual([
      'flat',
      'square',
      'tall',
      'square',
      'flat',
    ]);
  });
});
