/** cuBLAS, in a Python process beside this one (cublas.py): same rounds, same GPU, its own CUDA events. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DTYPES, type Dtype } from '../../../src/matrix/dtype.ts';
import { type Contestant, EXACT, FLOAT16_TOLERANCE, FLOAT32_TOLERANCE } from './contestant.ts';

const SCRIPT = fileURLToPath(new URL('cublas.py', import.meta.url));

interface Answer {
  readonly ms?: number;
  readonly error?: number | null;
  readonly reason?: string;
  readonly torch?: string;
  readonly device?: string;
}

export interface Cublas {
  /** "torch 2.9.1 on NVIDIA H100". */
  readonly version: string;
  readonly contestants: readonly Contestant[];
  end(): void;
}

/** @throws why there is none: no python3, no torch, no CUDA. */
export async function openCublas(): Promise<Cublas> {
  const python = new Python();
  const hello = await python.answer();
  if (hello.reason !== undefined) throw new Error(hello.reason);
  return {
    version: `torch ${hello.torch} on ${hello.device}`,
    contestants: DTYPES.map((dtype) => contestant(python, dtype)),
    end: () => python.end(),
  };
}

const TOLERANCE: Record<Dtype, (k: number) => number> = {
  i8: EXACT,
  f16: FLOAT16_TOLERANCE,
  f32: FLOAT32_TOLERANCE,
};

function contestant(python: Python, dtype: Dtype): Contestant {
  return {
    name: `cuBLAS ${dtype}`,
    dtype,
    accumulator: dtype === 'i8' ? 'i32' : 'f32',
    tolerance: TOLERANCE[dtype],
    async prepare({ rows, cols, k }) {
      const ask = (times: number) => python.ask({ dtype, rows, cols, k, times });
      const { error } = await ask(1);
      // It checks itself: its operands are random too, but its own.
      if (typeof error === 'number' && !(error <= TOLERANCE[dtype](k))) {
        throw new Error(`wrong: an entry is off by ${error} of its size`);
      }
      return {
        ...(typeof error === 'number' ? { error } : {}),
        resident: async (times) => (await ask(times)).ms,
        async end() {},
      };
    },
  };
}

class Python {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #failure: Error | undefined;

  constructor() {
    this.#child = spawn('python3', [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', (error) => (this.#failure = error));
    this.#child.stdin!.on('error', () => {}); // told by the missing answer
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws what the script says instead of an answer. */
  async ask(request: object): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const answer = await this.answer();
    if (answer.reason !== undefined) throw new Error(answer.reason);
    return answer;
  }

  async answer(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw this.#failure ?? new Error('python3 ended without an answer');
    return JSON.parse(value) as Answer;
  }

  end(): void {
    this.#child.stdin!.end();
  }
}
