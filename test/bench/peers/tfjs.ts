/** TensorFlow.js with its WebGPU backend. */
import type { Contestant } from './contestant.ts';
import { FLOAT32_TOLERANCE } from './contestant.ts';

export async function tfjsContestants(): Promise<Contestant[]> {
  const tf = await import('@tensorflow/tfjs-core');
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  await tf.setBackend('webgpu');
  await tf.ready();
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new Error(`its backend is ${tf.getBackend()}, not webgpu`);
  const done = async (): Promise<void> => {
    // Products wait in a half-recorded pass until somebody reads; these are the steps that a read takes first.
    backend.endComputePassEncoder();
    backend.submitQueue();
    await backend.queue.onSubmittedWorkDone();
  };
  return [
    {
      name: 'tfjs matMul',
      dtype: 'f32',
      accumulator: 'f32',
      tolerance: FLOAT32_TOLERANCE,
      async prepare(task) {
        const { rows, cols, k } = task;
        const upload = () =>
          [
            tf.tensor2d(task.a as Float32Array, [rows, k]),
            tf.tensor2d(task.bt() as Float32Array, [k, cols]),
          ] as const;
        const [a, b] = upload();
        return {
          async resident(times) {
            for (let i = 0; i < times; i++) tf.matMul(a, b).dispose();
            await done();
            return undefined;
          },
          async residentProduct() {
            const c = tf.matMul(a, b);
            const data = await c.data();
            c.dispose();
            return data;
          },
          async bytes() {
            const [a, b] = upload();
            const c = tf.matMul(a, b);
            const data = await c.data();
            for (const tensor of [a, b, c]) tensor.dispose();
            return () => data;
          },
          async end() {
            a.dispose();
            b.dispose();
          },
        };
      },
    },
  ];
}
