/** For tests that are not about the choice of kernels: compiling all of them takes a software adapter many seconds. */
const KERNELS: ReadonlySet<string> = new Set(['i8-fma/register-32', 'f16/register-32', 'f32/register-32']);

/** One kernel for each type of values. */
export const oneKernelEach = (name: string): boolean => KERNELS.has(name);
