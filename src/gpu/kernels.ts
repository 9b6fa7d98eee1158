/**
 * The kernel family: each kernel is an element (how a number type multiplies) in a loop (how a workgroup walks
 * a tile), both plain WGSL in shaders/. Which one serves is decided by a race on the visitor's adapter (tuner.ts).
 */
import { assemble } from './assemble.ts';
import type { Dtype } from '../matrix/dtype.ts';

/** The files of shaders/, without their ending. */
export const SOURCES = [
  'component-f16',
  'component-f32',
  'element-f16',
  'element-f16-bits',
  'element-f32',
  'element-i8-dot4',
  'element-i8-fma',
  'element-i8-unpack',
  'add-four',
  'halves',
  'pages',
  'tiled',
  'register',
  'register-8x4',
  'register-8x8',
  'subgroup-matrix',
  'deliver-direct',
  'deliver-reduced',
] as const;
export type SourceName = (typeof SOURCES)[number];

/** WGSL text per file: from the bundle (shaders.ts) or the disk (shaders.node.ts), never from the network. */
export type Shaders = Readonly<Record<SourceName, string>>;

/** Shapes that want different kernels. Every kernel is right for every shape. */
export const SHAPE_CLASSES = ['square', 'flat', 'tall'] as const;
export type ShapeClass = (typeof SHAPE_CLASSES)[number];

/** At most this many rows are flat, this many columns tall: below it, most of a square tile is for nothing. */
const THIN = 32;

export function classOf({ rows, cols }: { readonly rows: number; readonly cols: number }): ShapeClass {
  if (rows <= THIN) return 'flat';
  return cols <= THIN ? 'tall' : 'square';
}

interface Element {
  readonly name: string;
  readonly dtype: Dtype;
  readonly sources: readonly SourceName[];
  readonly needs?: 'dot4';
}

/** The preferred one first. */
const ELEMENTS: readonly Element[] = [
  { name: 'i8-dot4', dtype: 'i8', sources: ['element-i8-dot4'], needs: 'dot4' },
  { name: 'i8-fma', dtype: 'i8', sources: ['element-i8-fma', 'add-four'] },
  { name: 'f16', dtype: 'f16', sources: ['element-f16', 'halves', 'add-four'] },
  { name: 'f32', dtype: 'f32', sources: ['element-f32', 'add-four'] },
];

/** For adapters where the others are wrong: in the plain loops only. */
const SPARES: readonly Element[] = [
  { name: 'i8-unpack', dtype: 'i8', sources: ['element-i8-unpack'] },
  { name: 'f16-bits', dtype: 'f16', sources: ['element-f16-bits', 'halves', 'add-four'] },
];

interface Loop {
  readonly name: string;
  readonly sources: readonly SourceName[];
  /** Values for `const`s of the WGSL. */
  readonly constants: Readonly<Record<string, number>>;
  /** Results that a workgroup computes. */
  readonly tile: { readonly rows: number; readonly cols: number };
  readonly classes: readonly ShapeClass[];
}

/** 4 × 4 results a thread. */
const plain = (
  name: string,
  [deep, across, down]: readonly [number, number, number],
  ...classes: readonly ShapeClass[]
): Loop => ({
  name,
  sources: ['register', deep > 1 ? 'deliver-reduced' : 'deliver-direct'],
  constants: { DEEP: deep, ACROSS: across, DOWN: down },
  tile: { rows: 4 * down, cols: 4 * across },
  classes,
});

const tiled = (side: number, ...classes: readonly ShapeClass[]): Loop => ({
  name: `tiled-${side}`,
  sources: ['tiled'],
  constants: { TILE: side },
  tile: { rows: side, cols: side },
  classes,
});

/** The most promising first. */
const LOOPS: readonly Loop[] = [
  plain('flat', [1, 64, 1], 'flat'),
  plain('flat-deep', [8, 8, 1], 'flat'),
  plain('tall', [1, 1, 64], 'tall'),
  plain('tall-deep', [8, 1, 8], 'tall'),
  tiled(128, 'square'),
  tiled(64, 'square', 'flat', 'tall'),
  {
    name: 'register-8x4',
    sources: ['register-8x4'],
    constants: { ACROSS: 16, DOWN: 8 },
    tile: { rows: 64, cols: 64 },
    classes: ['square'],
  },
  {
    name: 'register-8x8',
    sources: ['register-8x8'],
    constants: { ACROSS: 8, DOWN: 8 },
    tile: { rows: 64, cols: 64 },
    classes: ['square'],
  },
  plain('register-64', [1, 16, 16], 'square'),
  plain('register-32', [1, 8, 8], 'square', 'flat', 'tall'),
];

export interface Kernel extends Loop {
  /** "i8-dot4/tiled-128". */
  readonly name: string;
  readonly dtype: Dtype;
  readonly needs?: Element['needs'];
}

/** Kernels for every adapter, the most promising first; subgroup-matrices.ts has more for some. */
export const KERNELS: readonly Kernel[] = [
  ...combine(ELEMENTS, LOOPS),
  ...combine(
    SPARES,
    LOOPS.filter(({ sources }) => sources.includes('register')),
  ),
];

function combine(elements: readonly Element[], loops: readonly Loop[]): Kernel[] {
  return loops.flatMap((loop) =>
    elements.map(({ name, dtype, sources, needs }) => ({
      ...loop,
      name: `${name}/${loop.name}`,
      dtype,
      ...(needs && { needs }),
      sources: [...sources, 'pages' as const, ...loop.sources],
    })),
  );
}

export function kernelText(kernel: Kernel, shaders: Shaders): string {
  return assemble(
    kernel.sources.map((source) => shaders[source]),
    kernel.constants,
  );
}

/** The WGSL language feature that dot4I8Packed needs. */
export const DOT4_FEATURE = 'packed_4x8_integer_dot_product';

const BARRIERS: readonly SourceName[] = ['tiled', 'deliver-reduced'];

export interface Adapter {
  readonly dot4: boolean;
  /** Software: workgroup memory and barriers are slow there, and kernels that use them take seconds to compile. */
  readonly fallback: boolean;
  readonly allowed: (kernel: string) => boolean;
}

/** Those of the family that may serve, the most promising first; at least one unless `allowed` leaves none. */
export function candidates(
  family: readonly Kernel[],
  dtype: Dtype,
  shapes: ShapeClass,
  adapter: Adapter,
): Kernel[] {
  const usable = family.filter(
    ({ name, dtype: own, needs }) =>
      own === dtype && (needs !== 'dot4' || adapter.dot4) && adapter.allowed(name),
  );
  const plain = usable.filter(
    ({ sources }) => !(adapter.fallback && BARRIERS.some((name) => sources.includes(name))),
  );
  const meant = (plain.length > 0 ? plain : usable).filter(({ classes }) => classes.includes(shapes));
  return meant.length > 0 ? meant : usable;
}
