/** The kernels there are, and which can serve a number type where. */
import { isAppError } from '../core/errors.ts';
import type { Dtype } from '../matrix/dtype.ts';

export type KernelName = 'i8-dot4' | 'i8-unpack' | 'f32' | 'f16' | 'f16-bits';

/** WGSL text per kernel: from the bundle (shaders.ts) or the disk (shaders.node.ts), never from the network. */
export type Shaders = Readonly<Record<KernelName, string>>;

/** Kernels per number type, the preferred one first; the self-test moves on to the next when one is wrong. */
export const KERNELS: Record<Dtype, readonly KernelName[]> = {
  i8: ['i8-dot4', 'i8-unpack'],
  f16: ['f16', 'f16-bits'],
  f32: ['f32'],
};

/** The WGSL language feature that dot4I8Packed needs. */
export const DOT4_FEATURE = 'packed_4x8_integer_dot_product';

/** Tries kernels in order until one is not wrong. @throws the last one's 'gpu-wrong', or any other error at once. */
export async function firstRight<Name extends string>(
  candidates: readonly Name[],
  attempt: (kernel: Name) => Promise<void>,
): Promise<void> {
  for (const [at, kernel] of candidates.entries()) {
    try {
      await attempt(kernel);
      return;
    } catch (error) {
      if (!isAppError(error, 'gpu-wrong') || at === candidates.length - 1) throw error;
    }
  }
}
