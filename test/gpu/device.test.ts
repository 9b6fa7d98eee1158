import { describe, expect, it } from 'vitest';
import { openDevice } from '../../src/gpu/device.ts';

const LIMITS = { maxStorageBufferBindingSize: 2 ** 30, maxBufferSize: 2 ** 31, maxBindGroups: 4 };
const INFO = { vendor: 'nvidia', architecture: 'ampere', device: 'x', description: 'a card' };

/** An adapter with these features, and what it was asked for. */
function adapterWith(features: readonly string[] | undefined, info: object | undefined = INFO) {
  const asked: GPUDeviceDescriptor[] = [];
  const adapter = {
    info,
    limits: LIMITS,
    features: features && new Set(features),
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor);
      return { destroy: () => {} };
    },
  };
  return { gpu: { requestAdapter: async () => adapter } as unknown as GPU, asked };
}

describe('openDevice', () => {
  it.each([
    ['none', []],
    ['shader-f16, which no kernel of the family needs', ['shader-f16']],
    ['many', ['shader-f16', 'subgroups', 'timestamp-query', 'texture-compression-bc']],
    ['no list of them', undefined],
  ])('asks for no feature of an adapter with %s', async (_, features) => {
    const { gpu, asked } = adapterWith(features);
    const { matrixKernels } = await openDevice(gpu, false);
    expect(asked[0]!.requiredFeatures).toEqual([]);
    expect(matrixKernels).toEqual([]);
  });

  it('asks for all that buffers may hold, and leaves other limits alone', async () => {
    const { gpu, asked } = adapterWith([]);
    await openDevice(gpu, false);
    const { maxStorageBufferBindingSize, maxBufferSize } = LIMITS;
    expect(asked[0]!.requiredLimits).toEqual({ maxStorageBufferBindingSize, maxBufferSize });
  });

  it('tells vendor and architecture, and keeps the rest for itself', async () => {
    const { adapter, identity } = await openDevice(adapterWith([]).gpu, false);
    expect(adapter).toBe('nvidia ampere');
    expect(identity).toBe('nvidia|ampere|x|a card');
    const nameless = adapterWith([]);
    Object.assign((await nameless.gpu.requestAdapter())!, { info: undefined });
    expect(await openDevice(nameless.gpu, false)).toMatchObject({
      adapter: 'unnamed adapter',
      identity: '|||',
    });
  });
});
