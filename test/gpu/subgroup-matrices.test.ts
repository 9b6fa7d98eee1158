import { create } from 'webgpu';
import { describe, expect, it } from 'vitest';
import { type Kernel, kernelText } from '../../src/gpu/kernels.ts';
import { shaders } from '../../src/gpu/shaders.node.ts';
import {
  HALF_FEATURE,
  type MatrixUnits,
  SUBGROUP_MATRIX_FEATURE,
  matrixKernels,
} from '../../src/gpu/subgroup-matrices.ts';

const BOTH = new Set([SUBGROUP_MATRIX_FEATURE, HALF_FEATURE]);
const config = (componentType: string, resultComponentType: string, side: number, K = side) => ({
  componentType,
  resultComponentType,
  M: side,
  N: side,
  K,
});
const units = (...subgroupMatrixConfigs: ReturnType<typeof config>[]): MatrixUnits => ({
  subgroupMinSize: 32,
  subgroupMaxSize: 32,
  subgroupMatrixConfigs,
});
const names = (kernels: readonly Kernel[]): string[] => kernels.map(({ name }) => name);

describe('matrixKernels', () => {
  it('takes each configuration that sums in float32', () => {
    const offered = units(
      config('f16', 'f32', 16),
      config('f16', 'f16', 16),
      config('f32', 'f32', 8),
      config('i8', 'i32', 16, 32),
      config('f16', 'f32', 48),
    );
    expect(names(matrixKernels(offered, BOTH))).toEqual(['f16-matrix/16x16x16', 'f32-matrix/8x8x8']);
  });

  it('takes none without the feature, and no halves without theirs', () => {
    const offered = units(config('f16', 'f32', 16), config('f32', 'f32', 8));
    expect(matrixKernels(offered, new Set([HALF_FEATURE]))).toEqual([]);
    expect(names(matrixKernels(offered, new Set([SUBGROUP_MATRIX_FEATURE])))).toEqual(['f32-matrix/8x8x8']);
  });

  it('takes none where subgroups differ in size, or where nothing is said of them', () => {
    const offered = units(config('f32', 'f32', 8));
    expect(matrixKernels({ ...offered, subgroupMaxSize: 64 }, BOTH)).toEqual([]);
    expect(matrixKernels({}, BOTH)).toEqual([]);
  });

  // Dawn's null backend has every feature and computes nothing: it checks the text, as a browser would.
  it('gives kernels that compile', async () => {
    const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
    const adapter = (await gpu.requestAdapter())!;
    const device = await adapter.requestDevice({ requiredFeatures: Array.from(BOTH) as GPUFeatureName[] });
    const size = (adapter.info as MatrixUnits).subgroupMaxSize!;
    const offered = units(config('f16', 'f32', 16), config('f16', 'f32', 8), config('f32', 'f32', 8));
    const kernels = matrixKernels({ ...offered, subgroupMinSize: size, subgroupMaxSize: size }, BOTH);
    expect(kernels).toHaveLength(3);
    for (const kernel of kernels) {
      const module = device.createShaderModule({ code: kernelText(kernel, shaders) });
      const { messages } = await module.getCompilationInfo();
      expect(messages.map(({ message }) => message)).toEqual([]);
      const compute = { module, entryPoint: 'main' };
      await device.createComputePipelineAsync({ layout: 'auto', compute });
    }
    device.destroy();
  });
});
