/**
 * Exact floats against float32: `npm run bench -- floats [--json]`. The same product as f32 and as f32x, one after the
 * other, through a real coordinator with verification, real sockets and real engines on the CPU backend: the bytes are
 * those of any network; the seconds are a CPU's, which no GPU's are like.
 */
import { createHash } from 'node:crypto';
import { concatBytes } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import type { JobView } from '../../src/core/v1.ts';
import { exponentOf } from '../../src/matrix/limbs.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { testContributor, testCoordinator } from '../helpers/network.ts';
import { api, ended, result, upload } from '../helpers/product.ts';

type Kind = 'normal' | 'rows differ';
type Floats = Float32Array<ArrayBuffer>;

const KINDS: readonly Kind[] = ['normal', 'rows differ'];
const SIZE = 512;
const K = 1024;
const ENGINES = [1, 2] as const;
/** src/verify's u: float32 sums in any order and with any rounding. */
const F32_UNIT = 2 ** -23;

interface Run {
  readonly dtype: 'f32' | 'f32x';
  readonly bytesDown: number;
  readonly bytesUp: number;
  readonly seconds: number;
  /** The largest error, over Σ|a·b| of its entry, and over what is promised for it. */
  readonly error: number;
  readonly ofBound: number;
  readonly sha256: string;
}

interface Case {
  readonly values: Kind;
  readonly engines: number;
  readonly runs: readonly [f32: Run, f32x: Run];
}

/** Gaussian; or each row with a scale of its own and values over 20 binary orders of magnitude. */
function draw(kind: Kind, seed: number): Floats {
  const rng = seededRng(seed);
  let scale = 1;
  return Float32Array.from({ length: SIZE * K }, (_, at) => {
    if (at % K === 0 && kind === 'rows differ') scale = 2 ** (rng.float() * 20 - 10);
    const normal = Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float());
    return normal * scale * (kind === 'normal' ? 1 : 2 ** (-20 * rng.float()));
  });
}

interface Reference {
  readonly product: Float64Array;
  readonly magnitudes: Float64Array;
  /** s·t of each entry. */
  readonly scales: Float64Array;
}

function reference(a: Floats, b: Floats): Reference {
  const scalesOf = (values: Floats): number[] =>
    Array.from({ length: SIZE }, (_, row) => {
      let largest = 0;
      for (let at = row * K; at < (row + 1) * K; at++) largest = Math.max(largest, Math.abs(values[at]!));
      return 2 ** exponentOf(largest);
    });
  const [s, t] = [scalesOf(a), scalesOf(b)];
  const made = {
    product: new Float64Array(SIZE * SIZE),
    magnitudes: new Float64Array(SIZE * SIZE),
    scales: new Float64Array(SIZE * SIZE),
  };
  for (let i = 0; i < SIZE; i++) {
    for (let j = 0; j < SIZE; j++) {
      let [sum, magnitude] = [0, 0];
      for (let x = 0; x < K; x++) {
        const term = a[i * K + x]! * b[j * K + x]!;
        sum += term;
        magnitude += Math.abs(term);
      }
      made.product[i * SIZE + j] = sum;
      made.magnitudes[i * SIZE + j] = magnitude;
      made.scales[i * SIZE + j] = s[i]! * t[j]!;
    }
  }
  return made;
}

async function run(
  kind: Kind,
  engines: number,
  dtype: Run['dtype'],
  operands: readonly [Floats, Floats],
  wanted: Reference,
): Promise<Run> {
  const coordinator = await testCoordinator();
  const contributors = await Promise.all(
    Array.from({ length: engines }, () => testContributor(coordinator.peerAddresses)),
  );
  try {
    const ids: string[] = [];
    for (const values of operands) {
      const npy = concatBytes([
        npyHeader({ dtype: 'f32', rows: SIZE, cols: K }),
        new Uint8Array(values.buffer),
      ]);
      ids.push((await upload(coordinator, npy)).id);
    }
    const startMs = performance.now();
    const { id } = await api<JobView>(coordinator, '/v1/jobs', {
      method: 'POST',
      body: JSON.stringify({ a: ids[0], b: ids[1], dtype, project: kind }),
      headers: { 'content-type': 'application/json' },
    });
    const done = await ended(coordinator, id);
    const seconds = (performance.now() - startMs) / 1000;
    if (done.state !== 'done') throw new Error(`the job is ${done.state}: ${done.error}`);
    const c = (await result(coordinator, id)) as Floats;
    let [error, ofBound] = [0, 0];
    const gamma = (K * F32_UNIT) / (1 - K * F32_UNIT);
    for (const [at, value] of c.entries()) {
      const wrong = Math.abs(value - wanted.product[at]!);
      const bound = dtype === 'f32x' ? 2 ** -23 * K * wanted.scales[at]! : gamma * wanted.magnitudes[at]!;
      error = Math.max(error, wrong / wanted.magnitudes[at]!);
      ofBound = Math.max(ofBound, wrong / bound);
    }
    const sha256 = createHash('sha256').update(new Uint8Array(c.buffer)).digest('hex');
    return { dtype, bytesDown: done.bytesDown, bytesUp: done.bytesUp, seconds, error, ofBound, sha256 };
  } finally {
    await Promise.all(contributors.map((each) => each.stop()));
    await coordinator.remove();
  }
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(2);
const power = (value: number): string => `2^${Math.log2(value).toFixed(1)}`;

function table(cases: readonly Case[]): string {
  const lines = cases.flatMap(({ values, engines, runs }) =>
    runs.map(
      ({ dtype, bytesDown, bytesUp, seconds, error, ofBound }) =>
        `| ${values} | ${engines} | ${dtype} | ${mb(bytesDown)} | ${mb(bytesUp)} | ${seconds.toFixed(1)} | ${power(error)} | ${power(ofBound)} |`,
    ),
  );
  return [
    '| values | engines | type | MB down | MB up | s | largest error, of Σ\\|ab\\| | of its bound |',
    '|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

export async function benchFloats({ json }: { json: boolean }): Promise<void> {
  const cases: Case[] = [];
  for (const values of KINDS) {
    const operands = [draw(values, 1), draw(values, 2)] as const;
    const wanted = reference(...operands);
    for (const engines of ENGINES) {
      const f32 = await run(values, engines, 'f32', operands, wanted);
      const f32x = await run(values, engines, 'f32x', operands, wanted);
      cases.push({ values, engines, runs: [f32, f32x] });
    }
    const [one, two] = cases.slice(-2).map(({ runs }) => runs[1].sha256);
    if (one !== two) throw new Error('f32x came to other bits with another number of engines');
  }
  const first = cases[0]!.runs;
  if (json) {
    const [f32, f32x] = first;
    process.stdout.write(
      `${JSON.stringify({
        bench: 'floats',
        rows: SIZE,
        cols: SIZE,
        k: K,
        down_vs_f32: f32x.bytesDown / f32.bytesDown,
        up_vs_f32: f32x.bytesUp / f32.bytesUp,
        seconds_vs_f32: f32x.seconds / f32.seconds,
        cases,
      })}\n`,
    );
    return;
  }
  process.stdout.write(`${SIZE} × ${SIZE} over K = ${K}\n\n${table(cases)}`);
}
