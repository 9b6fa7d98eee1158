/**
 * Kernels on an adapter's matrix units, where the browser offers them: a draft (gpuweb
 * proposals/subgroup-matrix.md, Chromium's "chromium-experimental-subgroup-matrix"), so never relied on. They
 * race like all others, and must give the known answers like all others.
 */
import type { Dtype } from '../matrix/dtype.ts';
import type { Kernel } from './kernels.ts';

export const SUBGROUP_MATRIX_FEATURE = 'chromium-experimental-subgroup-matrix';
export const HALF_FEATURE = 'shader-f16';

/** One product of small matrices that the adapter has hardware for; not in the type definitions yet. */
interface Configuration {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** What an adapter says of its matrix units. */
export interface MatrixUnits {
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<Configuration>;
}

const TILE = 64;

/**
 * A kernel for each configuration that sums in float32: narrower sums are not our contract. Only where
 * subgroups have one size: the kernel is one subgroup, and a workgroup of two would add everything twice.
 */
export function matrixKernels(units: MatrixUnits, features: ReadonlySet<string>): Kernel[] {
  const { subgroupMinSize: size, subgroupMaxSize, subgroupMatrixConfigs = [] } = units;
  if (!features.has(SUBGROUP_MATRIX_FEATURE) || size === undefined || size !== subgroupMaxSize) return [];
  return Array.from(subgroupMatrixConfigs)
    .filter(({ componentType: type, resultComponentType, M, N }) => {
      const known = type === 'f32' || (type === 'f16' && features.has(HALF_FEATURE));
      return known && resultComponentType === 'f32' && TILE % M === 0 && TILE % N === 0;
    })
    .map(({ componentType, M, N, K }) => {
      const dtype: Dtype = componentType === 'f16' ? 'f16' : 'f32';
      return {
        name: `${dtype}-matrix/${M}x${N}x${K}`,
        dtype,
        sources: [`component-${dtype}`, 'pages', 'subgroup-matrix'],
        constants: { M, N, K, SIZE: size, PAGE_VALUES: dtype === 'f16' ? 131_072 : 65_536 },
        tile: { rows: TILE, cols: TILE },
        classes: ['square'],
      };
    });
}
