/** The shader text inside a Vite bundle. */
import addFour from '../../shaders/add-four.wgsl?raw';
import componentF16 from '../../shaders/component-f16.wgsl?raw';
import componentF32 from '../../shaders/component-f32.wgsl?raw';
import deliverDirect from '../../shaders/deliver-direct.wgsl?raw';
import deliverReduced from '../../shaders/deliver-reduced.wgsl?raw';
import elementF16Bits from '../../shaders/element-f16-bits.wgsl?raw';
import elementF16 from '../../shaders/element-f16.wgsl?raw';
import elementF32 from '../../shaders/element-f32.wgsl?raw';
import elementI8Dot4 from '../../shaders/element-i8-dot4.wgsl?raw';
import elementI8Fma from '../../shaders/element-i8-fma.wgsl?raw';
import elementI8Unpack from '../../shaders/element-i8-unpack.wgsl?raw';
import halves from '../../shaders/halves.wgsl?raw';
import pages from '../../shaders/pages.wgsl?raw';
import register8x4 from '../../shaders/register-8x4.wgsl?raw';
import register8x8 from '../../shaders/register-8x8.wgsl?raw';
import register from '../../shaders/register.wgsl?raw';
import subgroupMatrix from '../../shaders/subgroup-matrix.wgsl?raw';
import tiled from '../../shaders/tiled.wgsl?raw';
import type { Shaders } from './kernels.ts';

export const shaders: Shaders = {
  'component-f16': componentF16,
  'component-f32': componentF32,
  'element-f16': elementF16,
  'element-f16-bits': elementF16Bits,
  'element-f32': elementF32,
  'element-i8-dot4': elementI8Dot4,
  'element-i8-fma': elementI8Fma,
  'element-i8-unpack': elementI8Unpack,
  'add-four': addFour,
  halves,
  pages,
  tiled,
  register,
  'register-8x4': register8x4,
  'register-8x8': register8x8,
  'subgroup-matrix': subgroupMatrix,
  'deliver-direct': deliverDirect,
  'deliver-reduced': deliverReduced,
};
