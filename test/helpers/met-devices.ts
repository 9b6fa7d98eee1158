/** A GPU whose devices a test meets as they are made: to lose them later, or to change what they do. */
export function meetDevices(inner: GPU, meet: (device: GPUDevice) => void): GPU {
  const requestAdapter = async (wish: GPURequestAdapterOptions): Promise<unknown> => {
    const adapter = (await inner.requestAdapter(wish))!;
    const { info, limits, features } = adapter;
    const requestDevice = async (asked: GPUDeviceDescriptor): Promise<GPUDevice> => {
      const device = await adapter.requestDevice(asked);
      meet(device);
      return device;
    };
    return { info, limits, features, requestDevice };
  };
  const { wgslLanguageFeatures } = inner;
  return { wgslLanguageFeatures, requestAdapter } as unknown as GPU;
}
