/**
 * Our kernels against onnxruntime-web, TensorFlow.js and jax-js (and, on an NVIDIA GPU with PyTorch, cuBLAS),
 * side by side on one adapter in one process: `npm run bench -- kernels [--quick] [--json]`.
 */
import { execFileSync } from 'node:child_process';
import { raceFamily } from './kernels/autotune.ts';
import { measureIdle } from './kernels/idle.ts';
import { race } from './kernels/race.ts';
import { OURS, type SizeResult, summarise } from './kernels/summary.ts';
import { autotuneTable, idleTable, sizeTable } from './kernels/tables.ts';
import { type Extent, extentOf } from './kernels/extent.ts';
import { type Contestant } from './peers/contestant.ts';
import { openCublas } from './peers/cublas.ts';
import { shareDawn } from './peers/dawn-globals.ts';
import { jaxContestants } from './peers/jax-js.ts';
import { onnxruntimeContestants } from './peers/onnxruntime.ts';
import { openOurs, ourContestant } from './peers/ours.ts';
import { tfjsContestants } from './peers/tfjs.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { DTYPES } from '../../src/matrix/dtype.ts';

export interface KernelsOptions {
  readonly quick: boolean;
  /** Nothing on stdout but the last line. */
  readonly json: boolean;
}

export async function benchKernels({ quick, json }: KernelsOptions): Promise<void> {
  // The libraries chat on stdout, which is ours.
  console.log = console.info = console.error;
  const say = (text: string): void => {
    if (!json) process.stdout.write(`${text}\n`);
  };
  const { gpu, adapter, vendor } = await shareDawn();
  const started = performance.now();
  const { device, fallback } = await openDevice(gpu, true);
  device.destroy();
  const extent = extentOf(fallback, quick);
  const ours = await openOurs(gpu, extent.memoryBytes);
  say(`# Kernels\n\n${heading(adapter, fallback, quick)}\n`);
  const remarks: string[] = [];
  const contestants: Contestant[] = DTYPES.toReversed().map((dtype) =>
    ourContestant(OURS[dtype], dtype, ours),
  );
  for (const [name, enter] of Object.entries(PEERS)) {
    try {
      contestants.push(...(await enter(quick)));
    } catch (error) {
      // Listed at every size with its reason.
      contestants.push(absent(name, error));
    }
  }
  const cublas =
    vendor === 'nvidia'
      ? await openCublas().catch((error: unknown) => {
          remarks.push(`cuBLAS was not measured: ${String(error)}`);
        })
      : undefined;
  if (cublas) {
    remarks.push(
      `cuBLAS is that of ${cublas.version}, with operands of its own from the same distributions.`,
    );
    contestants.push(...cublas.contestants);
  }
  const results = await raceSizes(extent, contestants, say);
  cublas?.end();
  const autotune = await raceFamily(gpu, ours, extent);
  say(autotuneTable(autotune));
  const idle = await measureIdle(ours, extent.idle.size, extent.idle.leases);
  say(idleTable(idle));
  say([...NOTES, ...remarks].map((note) => `- ${note}`).join('\n'));
  say(`- The run took ${((performance.now() - started) / 1000).toFixed(0)} s.\n`);
  await ours.destroy();
  const summary = summarise({ adapter, results, autotune, idle, cublas: cublas !== undefined });
  process.stdout.write(`${JSON.stringify(summary)}\n`);
}

const PEERS: Record<string, (quick: boolean) => Promise<Contestant[]>> = {
  onnxruntime: onnxruntimeContestants,
  tfjs: tfjsContestants,
  'jax-js': jaxContestants,
};

function absent(name: string, error: unknown): Contestant {
  return {
    name,
    dtype: 'f32',
    accumulator: '',
    tolerance: () => 0,
    prepare: () => Promise.reject(error instanceof Error ? error : new Error(String(error))),
  };
}

async function raceSizes(
  { sizes, plan }: Extent,
  contestants: readonly Contestant[],
  say: (text: string) => void,
): Promise<SizeResult[]> {
  const results: SizeResult[] = [];
  for (const size of sizes) {
    const result = { size, outcomes: await race(size, contestants, plan) };
    results.push(result);
    say(sizeTable(result));
  }
  return results;
}

const NOTES = [
  'Medians over the rounds, quartiles in brackets; ratios are taken round by round.',
  '(a) operands on the GPU, products back to back, one wait, nothing read back; (b) bytes in main memory to bytes in main memory, each library from and to its own layout.',
  'Each library has a device of its own on the same adapter. Ours cuts its work into slices of tens of ms and waits for each, as in a browser; the others submit without bound.',
  'The error is the largest |c − Σab| / Σ|a||b| against float64 over all of C up to 512, over evenly spaced rows above; every row is checked in one signed sum as well.',
  'MatMulNBits quantises A on the fly: the nearest to an int8 product that onnxruntime has on WebGPU, but not exact (left out of --quick).',
];

function heading(adapter: string, fallback: boolean, quick: boolean): string {
  let commit = 'unknown commit';
  try {
    commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    // Not a checkout.
  }
  const kind = fallback ? "software adapter: these ratios are not a GPU's" : 'GPU';
  const date = new Date().toISOString().slice(0, 10);
  return `${adapter}, ${kind}. ${date}, commit ${commit}, Node ${process.versions.node}${quick ? ', --quick' : ''}.`;
}
