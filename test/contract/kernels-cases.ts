/**
 * Every kernel of the family on ragged shapes, forced one at a time. Like backend-cases.ts free of any test
 * framework, so that vitest runs it in Node and a worker runs it in real browsers.
 */
import { Semaphore } from '../../src/core/async.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { KERNELS, type Kernel } from '../../src/gpu/kernels.ts';
import { blockCols } from '../../src/matrix/blocks.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import { Product, equal } from './backend-product.ts';

export type MakeKernelBackend = (kernels: (name: string) => boolean) => Promise<Backend>;

/** 18 pages of operands, 5 of results. */
export const KERNEL_BYTES = 6 * 2 ** 20;

/**
 * As small as they can be: a software adapter computes ragged tiles whole. Together they leave tiles of every
 * size ragged on either side, have one and two cells aside, and blocks of K that are whole, less than
 * one vec4, no multiple of a slab, and three in a row.
 */
function shapesOf(dtype: Dtype): readonly (readonly [number, number, number])[] {
  const block = blockCols(dtype);
  return [
    [1, 1, 1],
    [3, 258, block + 6],
    [260, 3, 50],
    [258, 257, 21],
    [5, 70, 2 * block + 2],
  ];
}

const products = new Map<Dtype, readonly Product[]>();

/** Made once a type: what they should be takes longer to compute here than on the device. */
function productsOf(dtype: Dtype): readonly Product[] {
  const made =
    products.get(dtype) ?? shapesOf(dtype).map(([rows, cols, k]) => new Product(dtype, rows, cols, k));
  products.set(dtype, made);
  return made;
}

const dtypes = new Map(KERNELS.map(({ name, dtype }) => [name, dtype]));

/** What this kernel computed wrong; empty when all is right. */
async function faultsOf({ name, dtype }: Kernel, make: MakeKernelBackend): Promise<string[]> {
  const backend = await make((other) => other === name || dtypes.get(other) !== dtype);
  const faults: string[] = [];
  try {
    equal(backend.info.kernels[dtype], name, 'the kernel');
    for (const product of productsOf(dtype)) {
      const { rows, cols, k } = product.shape;
      await product.run(backend).catch((error: unknown) => {
        faults.push(`${name}, ${rows} × ${k} by ${k} × ${cols}: ${String(error)}`);
      });
    }
  } finally {
    await backend.destroy();
  }
  return faults;
}

/** One computes while another compiles; compilers use all the processors that there are. */
const SIDE_BY_SIDE = 2;

/** What each kernel computed wrong; all begin at once, so await them together or one by one. */
export function runKernels(
  kernels: readonly Kernel[],
  make: MakeKernelBackend,
): ReadonlyMap<string, Promise<string[]>> {
  const turns = new Semaphore(SIDE_BY_SIDE);
  const run = async (kernel: Kernel): Promise<string[]> => {
    const release = await turns.acquire();
    try {
      return await faultsOf(kernel, make);
    } catch (error) {
      return [`${kernel.name} did not run: ${String(error)}`];
    } finally {
      release();
    }
  };
  return new Map(kernels.map((kernel) => [kernel.name, run(kernel)]));
}

/** Those that an adapter can run. */
export const kernelsFor = (adapter: { readonly dot4: boolean }): readonly Kernel[] =>
  KERNELS.filter(({ needs }) => needs === undefined || adapter.dot4);
