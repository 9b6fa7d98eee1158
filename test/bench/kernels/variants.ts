/** The kernels of the family that could serve a product. */
import { KERNELS, classOf } from '../../../src/gpu/kernels.ts';
import type { Dtype } from '../../../src/matrix/dtype.ts';
import type { Size } from './task.ts';

/** Their names; one that this adapter cannot run says so in the race. */
export function variantsOf(dtype: Dtype, size: Size): string[] {
  const shapes = classOf(size);
  return KERNELS.filter((kernel) => kernel.dtype === dtype && kernel.classes.includes(shapes)).map(
    ({ name }) => name,
  );
}
