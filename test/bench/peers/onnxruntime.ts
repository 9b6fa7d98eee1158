/** onnxruntime-web with its native WebGPU execution provider, asked for a model of one node. */
import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-web/webgpu';
import { USAGE } from '../../../src/gpu/gpu-constants.ts';
import type { Dtype } from '../../../src/matrix/dtype.ts';
import { halfTable } from '../../../src/matrix/half.ts';
import type { Product } from '../kernels/check.ts';
import type { Task } from '../kernels/task.ts';
import { type Contestant, EXACT, type Entry, FLOAT16_TOLERANCE, FLOAT32_TOLERANCE } from './contestant.ts';
import { type OneNode, type OnnxType, encodeModel } from './onnx-model.ts';

type Ort = typeof import('onnxruntime-web/webgpu');

/** Values for one input of the model. */
interface Feed {
  readonly type: 'float32' | 'float16' | 'int8' | 'uint8';
  readonly dims: readonly number[];
  readonly values: Float32Array | Uint16Array | Int8Array | Uint8Array;
}

interface Question {
  readonly node: Omit<OneNode, 'inputs' | 'output'>;
  readonly output: OnnxType & ('float32' | 'float16' | 'int32');
  readonly feeds: (task: Task) => Record<string, Feed>;
}

const matMul = (type: 'float32' | 'float16' | 'int8') => (task: Task) => ({
  a: { type, dims: [task.rows, task.k], values: task.a },
  b: { type, dims: [task.k, task.cols], values: task.bt() },
});

const F32: Question = { node: { op: 'MatMul', opset: 17 }, output: 'float32', feeds: matMul('float32') };
const F16: Question = { node: { op: 'MatMul', opset: 17 }, output: 'float16', feeds: matMul('float16') };
const INTEGER: Question = {
  node: { op: 'MatMulInteger', opset: 17 },
  output: 'int32',
  feeds: matMul('int8'),
};

const QUANTISED_BLOCK = 32;

/** Float A, quantised on the fly to 8 bits (accuracy_level 4), times 8-bit weights: dot4I8Packed inside. */
function quantised({ k, cols }: Task): Question {
  const blocks = Math.ceil(k / QUANTISED_BLOCK);
  const attributes = { K: k, N: cols, bits: 8, block_size: QUANTISED_BLOCK, accuracy_level: 4 };
  return {
    node: { op: 'MatMulNBits', domain: 'com.microsoft', opset: 1, attributes },
    output: 'float32',
    feeds: (task) => {
      const b = new Uint8Array(cols * blocks * QUANTISED_BLOCK).fill(128);
      for (let j = 0; j < cols; j++) {
        for (let x = 0; x < k; x++) b[j * blocks * QUANTISED_BLOCK + x] = task.b[j * k + x]! + 128;
      }
      return {
        a: { type: 'float32', dims: [task.rows, k], values: Float32Array.from(task.a) },
        b: { type: 'uint8', dims: [cols, blocks, QUANTISED_BLOCK], values: b },
        scales: { type: 'float32', dims: [cols * blocks], values: new Float32Array(cols * blocks).fill(1) },
      };
    },
  };
}

/** @param quick leaves out the slow one that is only near to an int8 product. */
export async function onnxruntimeContestants(quick: boolean): Promise<Contestant[]> {
  const ort = await import('onnxruntime-web/webgpu');
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
  const contestant = (
    name: string,
    dtype: Dtype,
    accumulator: string,
    tolerance: (k: number) => number,
    question: (task: Task) => Question,
  ): Contestant => ({
    name: `onnxruntime ${name}`,
    dtype,
    accumulator,
    tolerance,
    prepare: async (task) => {
      try {
        return await prepare(ort, task, question(task));
      } catch (error) {
        throw new Error(tidy(error), { cause: error });
      }
    },
  });
  return [
    contestant('MatMul', 'f32', 'f32', FLOAT32_TOLERANCE, () => F32),
    contestant('MatMul f16', 'f16', 'f16', FLOAT16_TOLERANCE, () => F16),
    contestant('MatMulInteger', 'i8', 'i32', EXACT, () => INTEGER),
    // A is rounded to 8 bits with a scale a block: about 2⁻⁸ of the largest value each.
    ...(quick ? [] : [contestant('MatMulNBits', 'i8', 'i32 or f32', () => 2 ** -7, quantised)]),
  ];
}

/** The part of its message that says something. */
const tidy = (error: unknown): string =>
  String(error)
    .split(/ERROR_MESSAGE: |Status Message: /)
    .at(-1)!;

async function prepare(ort: Ort, task: Task, { node, output, feeds }: Question): Promise<Entry> {
  const inputs = feeds(task);
  const dims = [task.rows, task.cols];
  const model = encodeModel({
    ...node,
    inputs: Object.entries(inputs).map(([name, { type, dims }]) => ({ name, type, dims })),
    output: { name: 'c', type: output, dims },
  });
  const open = (preferredOutputLocation: 'cpu' | 'gpu-buffer'): Promise<InferenceSession> =>
    ort.InferenceSession.create(model, {
      executionProviders: ['webgpu'],
      preferredOutputLocation,
      logSeverityLevel: 4,
      // Without this the CPU quietly computes what the GPU cannot.
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
  const [toGpu, toCpu] = [await open('gpu-buffer'), await open('cpu')];
  const device = await ort.env.webgpu.device;
  const buffers: GPUBuffer[] = [];
  const resident: Record<string, Tensor> = {};
  for (const [name, { type, dims, values }] of Object.entries(inputs)) {
    const size = Math.ceil(values.byteLength / 16) * 16;
    const buffer = device.createBuffer({ size, usage: USAGE.storage | USAGE.copySrc | USAGE.copyDst });
    // writeBuffer takes whole words; an odd number of halves is not.
    const padded = new Uint8Array(size);
    padded.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    device.queue.writeBuffer(buffer, 0, padded);
    buffers.push(buffer);
    resident[name] = ort.Tensor.fromGpuBuffer(buffer, { dataType: type, dims: [...dims] } as never);
  }
  // Some refuse only when they run.
  (await toGpu.run(resident)).c!.dispose();
  return {
    async resident(times) {
      for (let i = 0; i < times; i++) {
        const { c } = await toGpu.run(resident);
        c!.dispose();
      }
      await device.queue.onSubmittedWorkDone();
      return undefined;
    },
    async residentProduct() {
      const { c } = await toGpu.run(resident);
      return numbers((await c!.getData(true)) as Product);
    },
    async bytes() {
      const fed = Object.entries(inputs).map(([name, { type, dims, values }]): [string, Tensor] => [
        name,
        new ort.Tensor(type, values as never, dims) as TypedTensor<'float32'>,
      ]);
      const { c } = await toCpu.run(Object.fromEntries(fed));
      const data = (await c!.getData()) as Product;
      return () => numbers(data);
    },
    async end() {
      await toGpu.release();
      await toCpu.release();
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

/** Where there is no Float16Array, binary16 comes as bits. */
function numbers(data: Product): Product {
  return data instanceof Uint16Array ? Float32Array.from(data, (bits) => halfTable()[bits]!) : data;
}
