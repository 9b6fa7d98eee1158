/**
 * WebGPU's flag values, fixed by its specification (GPUBufferUsage, GPUMapMode, GPUShaderStage). The
 * globals of those names exist in browsers but not where Node runs Dawn.
 */
export const USAGE = { mapRead: 0x1, copySrc: 0x4, copyDst: 0x8, uniform: 0x40, storage: 0x80 } as const;
export const MAP_READ = 0x1;
export const STAGE_COMPUTE = 0x4;
