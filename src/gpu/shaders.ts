/** The shader text inside a Vite bundle. */
import f16Bits from '../../shaders/f16-bits.wgsl?raw';
import f16 from '../../shaders/f16.wgsl?raw';
import f32 from '../../shaders/f32.wgsl?raw';
import i8Dot4 from '../../shaders/i8-dot4.wgsl?raw';
import i8Unpack from '../../shaders/i8-unpack.wgsl?raw';
import type { Shaders } from './kernels.ts';

export const shaders: Shaders = { 'i8-dot4': i8Dot4, 'i8-unpack': i8Unpack, f32, f16, 'f16-bits': f16Bits };
