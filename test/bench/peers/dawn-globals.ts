/**
 * Makes Node look enough like a browser for WebGPU libraries: navigator.gpu on our Dawn instance. Call it
 * before importing them.
 */
import { openDawn } from '../../../src/gpu/dawn.node.ts';

export interface SharedGpu {
  readonly gpu: GPU;
  /** "nvidia lovelace (driver text)". */
  readonly adapter: string;
  readonly vendor: string;
}

/** Every library asks for an adapter and makes a device of its own; all get this one. */
const REQUEST: GPURequestAdapterOptions = { powerPreference: 'high-performance' };

/** @throws AppError 'no-webgpu' */
export async function shareDawn(): Promise<SharedGpu> {
  const dawn = await openDawn();
  const { globals } = await import('webgpu');
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  copySharedWrites();
  const gpu = {
    wgslLanguageFeatures: dawn.wgslLanguageFeatures,
    requestAdapter: () => dawn.requestAdapter(REQUEST),
    getPreferredCanvasFormat: () => 'bgra8unorm',
  } as unknown as GPU;
  const navigator = { gpu, userAgent: 'node', language: 'en', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  const { vendor, architecture, description } = (await dawn.requestAdapter(REQUEST))!.info;
  return { gpu, vendor, adapter: `${vendor} ${architecture} (${description})` };
}

/**
 * onnxruntime's heap is a SharedArrayBuffer. A browser takes views of it in writeBuffer; npm webgpu 0.6.2
 * says "Invalid argument", so they are copied first. Delete when it takes them.
 */
function copySharedWrites(): void {
  const original = Object.getOwnPropertyDescriptor(GPUQueue.prototype, 'writeBuffer')!
    .value as GPUQueue['writeBuffer'];
  GPUQueue.prototype.writeBuffer = function (buffer, offset, data, ...rest) {
    const whole = ArrayBuffer.isView(data) ? data : new Uint8Array(data as ArrayBuffer);
    const plain = whole.buffer instanceof ArrayBuffer;
    if (plain) return original.call(this, buffer, offset, data as ArrayBuffer, ...rest);
    // Offset and size count elements of a typed array, bytes of anything else.
    const unit = (ArrayBuffer.isView(data) && (data as Partial<Uint8Array>).BYTES_PER_ELEMENT) || 1;
    const from = (rest[0] ?? 0) * unit;
    const size = rest[1] === undefined ? whole.byteLength - from : rest[1] * unit;
    const copy = new Uint8Array(whole.buffer, whole.byteOffset + from, size).slice();
    return original.call(this, buffer, offset, copy);
  };
}
