/** jax-js on WebGPU: arrays are lazy and counted, `.ref` keeps one for another use. */
import type { Task } from '../kernels/task.ts';
import { type Contestant, FLOAT16_TOLERANCE, FLOAT32_TOLERANCE } from './contestant.ts';

type Jax = typeof import('@jax-js/jax');

export async function jaxContestants(): Promise<Contestant[]> {
  const jax = await import('@jax-js/jax');
  const found = await jax.init('webgpu');
  if (!found.includes('webgpu')) throw new Error('it found no WebGPU device');
  jax.defaultDevice('webgpu');
  const half = jax.getWebGPUDevice().features.has('shader-f16');
  return [contestant(jax, 'jax-js matmul', 'f32', true), contestant(jax, 'jax-js matmul f16', 'f16', half)];
}

function contestant(jax: Jax, name: string, dtype: 'f32' | 'f16', runs: boolean): Contestant {
  const { numpy: np } = jax;
  const upload = ({ rows, cols, k, ...task }: Task) => {
    const array = (values: Task['a'], shape: number[]) =>
      dtype === 'f32'
        ? np.array(values as Float32Array<ArrayBuffer>, { shape })
        : np.array(new Float16Array(values.buffer), { shape, dtype: np.float16 });
    return [array(task.a, [rows, k]), array(task.bt(), [k, cols])] as const;
  };
  return {
    name,
    dtype,
    accumulator: dtype === 'f32' ? 'f32' : 'not documented',
    tolerance: dtype === 'f32' ? FLOAT32_TOLERANCE : FLOAT16_TOLERANCE,
    async prepare(task) {
      if (!runs) throw new Error('the adapter has no shader-f16');
      const [a, b] = upload(task);
      await jax.blockUntilReady([a, b]);
      return {
        async resident(times) {
          const products = Array.from({ length: times }, () => np.matmul(a.ref, b.ref));
          await jax.blockUntilReady(products);
          for (const product of products) product.dispose();
          return undefined;
        },
        residentProduct: () => np.matmul(a.ref, b.ref).data(),
        async bytes() {
          const data = await np.matmul(...upload(task)).data();
          return () => data;
        },
        async end() {
          a.dispose();
          b.dispose();
        },
      };
    },
  };
}
