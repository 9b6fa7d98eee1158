/** Runs in a browser: how long it takes to hear that the GPU is done, with and without our nudging. */
import { Semaphore } from '../../src/core/async.ts';
import { stopwatch } from '../../src/core/clock.ts';
import { Completion } from '../../src/gpu/completion.ts';
import { USAGE } from '../../src/gpu/gpu-constants.ts';

/** One value a round. */
export interface WaitResult {
  /** Ms from submission to word of completion, of an idle queue; several a round. */
  readonly idleMs: number[];
  /** Ms that a run of slices took with two in flight. */
  readonly runMs: number[];
}

export interface CompletionResult {
  readonly adapter: string;
  readonly nudges: WaitResult;
  readonly plain: WaitResult;
  /** Ms of the same slices submitted at once, with one wait. */
  readonly unbrokenMs: readonly number[];
  readonly slices: number;
}

const ROUNDS = 7;
const ROUND_TRIPS = 10;
const SLICES = 20;
const SLICE_MS = 35;
/** As many as the dispatcher has. */
const IN_FLIGHT = 2;
const GROUPS = 64;
const FIRST_TURNS = 1000;

const SHADER = `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<uniform> turns: vec4<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var x = id.x;
  for (var i = 0u; i < turns.x; i++) { x = x * 1664525u + 1013904223u; }
  out[id.x] = x;
}`;

export async function run(): Promise<CompletionResult> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const device = await adapter!.requestDevice();
  const plain = new Completion(device.queue, stopwatch);
  const nudging = new Completion(device.queue, stopwatch);
  // Only calibration switches nudging on, where the browser needs it.
  await nudging.calibrate();
  const submit = await slices(device, nudging);
  const results = { plain: emptyResult(), nudges: emptyResult() };
  const unbrokenMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < SLICES; i++) submit();
    await nudging.done();
    unbrokenMs.push(performance.now() - start);
    await measure(device, plain, submit, results.plain);
    await measure(device, nudging, submit, results.nudges);
  }
  const { vendor, architecture } = adapter!.info;
  device.destroy();
  return { adapter: `${vendor} ${architecture}`.trim(), ...results, unbrokenMs, slices: SLICES };
}

const emptyResult = (): WaitResult => ({ idleMs: [], runMs: [] });

async function measure(
  device: GPUDevice,
  completion: Completion,
  submit: () => void,
  { idleMs, runMs }: WaitResult,
): Promise<void> {
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const start = performance.now();
    device.queue.submit([]);
    await completion.done();
    idleMs.push(performance.now() - start);
  }
  const slots = new Semaphore(IN_FLIGHT);
  const start = performance.now();
  for (let i = 0; i < SLICES; i++) {
    const release = await slots.acquire();
    submit();
    void completion.done().finally(release);
  }
  await slots.acquire(IN_FLIGHT);
  runMs.push(performance.now() - start);
}

/** A function that submits one slice of about SLICE_MS. */
async function slices(device: GPUDevice, completion: Completion): Promise<() => void> {
  const module = device.createShaderModule({ code: SHADER });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const out = device.createBuffer({ size: GROUPS * 64 * 4, usage: USAGE.storage });
  const turns = device.createBuffer({ size: 16, usage: USAGE.uniform | USAGE.copyDst });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [out, turns].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const submit = (): void => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(GROUPS);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  // Grows until a batch is long enough to be measured beside a slow poll.
  const BATCH = 8;
  for (let count = FIRST_TURNS; ;) {
    device.queue.writeBuffer(turns, 0, new Uint32Array([count, 0, 0, 0]));
    submit();
    await completion.done();
    const start = performance.now();
    for (let i = 0; i < BATCH; i++) submit();
    await completion.done();
    const ms = (performance.now() - start) / BATCH;
    if (ms > SLICE_MS / 2 || count > 2 ** 26) {
      device.queue.writeBuffer(turns, 0, new Uint32Array([(count * SLICE_MS) / ms, 0, 0, 0]));
      return submit;
    }
    count *= 2;
  }
}
