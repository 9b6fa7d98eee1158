/**
 * Shader text to compute pipelines. The only call of createShaderModule in the repo: what it is given comes
 * from the bundle, never from the network (DESIGN §8.6).
 */
import { AppError } from '../core/errors.ts';
import { STAGE_COMPUTE } from './gpu-constants.ts';
import { type Kernel, type Shaders, kernelText } from './kernels.ts';

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
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly bindGroupLayout: GPUBindGroupLayout;

  constructor(device: GPUDevice, shaders: Shaders) {
    this.#device = device;
    this.#shaders = shaders;
    this.bindGroupLayout = device.createBindGroupLayout({
      entries: BINDINGS.map((type, binding) => ({ binding, visibility: STAGE_COMPUTE, buffer: { type } })),
    });
  }

  /** Compiled once. @throws AppError 'gpu-wrong' with the compiler's words when the adapter refuses it. */
  load(kernel: Kernel): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(kernel.name);
    if (!pipeline) this.#pipelines.set(kernel.name, (pipeline = this.#compile(kernel)));
    return pipeline;
  }

  async #compile(kernel: Kernel): Promise<GPUComputePipeline> {
    const { name } = kernel;
    // The scope keeps a refusal from counting as a failure of the whole device.
    this.#device.pushErrorScope('validation');
    const code = kernelText(kernel, this.#shaders);
    const module = this.#device.createShaderModule({ label: name, code });
    const [refusal, info] = await Promise.all([this.#device.popErrorScope(), module.getCompilationInfo()]);
    const complaints = info.messages.filter(({ type }) => type === 'error');
    const words = complaints.map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
    if (refusal && words.length === 0) words.push(refusal.message);
    if (words.length > 0)
      throw new AppError('gpu-wrong', `kernel ${name} does not compile: ${words.join('; ')}`);
    try {
      const layout = this.#device.createPipelineLayout({ bindGroupLayouts: [this.bindGroupLayout] });
      const compute = { module, entryPoint: 'main' };
      return await this.#device.createComputePipelineAsync({ label: name, layout, compute });
    } catch (error) {
      throw new AppError('gpu-wrong', `kernel ${name} has no pipeline here: ${String(error)}`, {
        cause: error,
      });
    }
  }
}
