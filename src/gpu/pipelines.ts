/**
 * Shader text to compute pipelines. The only call of createShaderModule in the repo: what it is given comes
 * from the bundle, never from the network (DESIGN §8.6).
 */
import { AppError } from '../core/errors.ts';
import { STAGE_COMPUTE } from './gpu-constants.ts';
import type { KernelName, Shaders } from './kernels.ts';

/** Bindings that all kernels share: A, B, C, tiles, pairs, params. */
const BINDINGS: readonly GPUBufferBindingType[] = [
  'read-only-storage',
  'read-only-storage',
  'storage',
  'read-only-storage',
  'read-only-storage',
  'uniform',
];

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #shaders: Shaders;
  readonly #ready = new Map<KernelName, GPUComputePipeline>();
  readonly bindGroupLayout: GPUBindGroupLayout;

  constructor(device: GPUDevice, shaders: Shaders) {
    this.#device = device;
    this.#shaders = shaders;
    this.bindGroupLayout = device.createBindGroupLayout({
      entries: BINDINGS.map((type, binding) => ({ binding, visibility: STAGE_COMPUTE, buffer: { type } })),
    });
  }

  /** Compiled once. @throws AppError 'gpu-wrong' with the compiler's words when the adapter refuses it. */
  async load(kernel: KernelName): Promise<GPUComputePipeline> {
    const known = this.#ready.get(kernel);
    if (known) return known;
    // The scope keeps a refusal from counting as a failure of the whole device.
    this.#device.pushErrorScope('validation');
    const module = this.#device.createShaderModule({ label: kernel, code: this.#shaders[kernel] });
    const [refusal, info] = await Promise.all([this.#device.popErrorScope(), module.getCompilationInfo()]);
    const complaints = info.messages.filter(({ type }) => type === 'error');
    const words = complaints.map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
    if (refusal && words.length === 0) words.push(refusal.message);
    if (words.length > 0)
      throw new AppError('gpu-wrong', `kernel ${kernel} does not compile: ${words.join('; ')}`);
    try {
      const layout = this.#device.createPipelineLayout({ bindGroupLayouts: [this.bindGroupLayout] });
      const compute = { module, entryPoint: 'main' };
      const pipeline = await this.#device.createComputePipelineAsync({ label: kernel, layout, compute });
      this.#ready.set(kernel, pipeline);
      return pipeline;
    } catch (error) {
      throw new AppError('gpu-wrong', `kernel ${kernel} has no pipeline here: ${String(error)}`, {
        cause: error,
      });
    }
  }

  /** @throws AppError 'internal' unless it was loaded. */
  get(kernel: KernelName): GPUComputePipeline {
    const pipeline = this.#ready.get(kernel);
    if (!pipeline) throw new AppError('internal', `kernel ${kernel} is not loaded`);
    return pipeline;
  }
}
