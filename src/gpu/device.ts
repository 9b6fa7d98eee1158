/** Finding an adapter that may be used, and the device with the limits that the arena wants. */
import { AppError, throwIfAborted } from '../core/errors.ts';
import type { Kernel } from './kernels.ts';
import {
  HALF_FEATURE,
  type MatrixUnits,
  SUBGROUP_MATRIX_FEATURE,
  matrixKernels,
} from './subgroup-matrices.ts';

export interface OpenedDevice {
  readonly device: GPUDevice;
  /** "nvidia ampere": vendor and architecture only. */
  readonly adapter: string;
  /** All that the browser tells about the adapter and its driver; stays on this machine. */
  readonly identity: string;
  readonly fallback: boolean;
  readonly matrixKernels: readonly Kernel[];
}

/** Software rasterisers that a browser may present as an ordinary adapter. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render driver|\bwarp\b/i;

/**
 * @throws AppError 'no-webgpu' without an adapter or a device, 'software-adapter' for one that computes on
 * the CPU unless `allowFallback`.
 */
export async function openDevice(
  gpu: GPU,
  allowFallback: boolean,
  signal?: AbortSignal,
): Promise<OpenedDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  throwIfAborted(signal);
  if (!adapter)
    throw new AppError('no-webgpu', 'this browser has WebGPU but found no graphics adapter for it');
  const fallback = isSoftware(adapter);
  if (fallback && !allowFallback) {
    throw new AppError(
      'software-adapter',
      'this device has no GPU that the browser may use; computing on the CPU would slow it down',
    );
  }
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  // Browsers before 2025 have no info at all.
  const info = adapter.info as (GPUAdapterInfo & MatrixUnits) | undefined;
  const wanted = hasFeature(adapter, SUBGROUP_MATRIX_FEATURE)
    ? [SUBGROUP_MATRIX_FEATURE, HALF_FEATURE].filter((name) => hasFeature(adapter, name))
    : [];
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      label: 'tilework',
      requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
      requiredFeatures: wanted as GPUFeatureName[],
    });
  } catch (error) {
    throw new AppError('no-webgpu', `the browser refused its own graphics adapter: ${String(error)}`, {
      cause: error,
    });
  }
  if (signal?.aborted) device.destroy();
  throwIfAborted(signal);
  const name = info ? `${info.vendor} ${info.architecture}`.trim() : '';
  const { vendor = '', architecture = '', device: model = '', description = '' } = info ?? {};
  const identity = [vendor, architecture, model, description].join('|');
  return {
    device,
    adapter: name || 'unnamed adapter',
    identity,
    fallback,
    matrixKernels: matrixKernels(info ?? {}, new Set(wanted)),
  };
}

/** Tests hand in adapters without a set of features. */
function hasFeature(adapter: GPUAdapter, name: string): boolean {
  return (adapter.features as ReadonlySet<string> | undefined)?.has(name) ?? false;
}

function isSoftware(adapter: GPUAdapter): boolean {
  // Browsers moved the flag from the adapter to its info.
  const old = (adapter as { isFallbackAdapter?: boolean }).isFallbackAdapter;
  const info = adapter.info as GPUAdapterInfo | undefined;
  if (old || info?.isFallbackAdapter) return true;
  return info !== undefined && SOFTWARE.test(`${info.architecture} ${info.device} ${info.description}`);
}

/** Makes buffers so that a refusal is an error here and not silence later. @throws 'out-of-memory', 'internal' */
export async function allocateBuffers(
  device: GPUDevice,
  descriptors: readonly GPUBufferDescriptor[],
): Promise<GPUBuffer[]> {
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let buffers: GPUBuffer[] = [];
  let thrown: unknown;
  try {
    buffers = descriptors.map((descriptor) => device.createBuffer(descriptor));
  } catch (error) {
    thrown = error;
  }
  const [memory, invalid] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  if (!memory && !invalid && thrown === undefined) return buffers;
  for (const buffer of buffers) buffer.destroy();
  const text = memory?.message ?? invalid?.message ?? String(thrown);
  throw new AppError(invalid && !memory ? 'internal' : 'out-of-memory', `the GPU gave no memory: ${text}`);
}
