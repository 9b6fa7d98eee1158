/** What an example works with: a network through the SDK, and an account of what went there and what it came to. */
import { setImmediate } from 'node:timers/promises';
import { decodeProduct, encodeNpy } from '../client/arrays.ts';
import { countDifferences } from '../client/check.ts';
import type { TileworkClient } from '../client/client.ts';
import type { SeededOptions } from '../client/options.ts';
import { AppError } from '../core/errors.ts';
import type { Context } from '../cli/context.ts';
import { followJob } from '../cli/follow.ts';

export interface Check {
  readonly claim: string;
  readonly holds: boolean;
}

/** What an example found out, beside what World counts. */
export interface Finding {
  /** For people. */
  readonly lines: readonly string[];
  readonly checks: readonly Check[];
  /** For scripts: goes into the last line. */
  readonly figures: Readonly<Record<string, number | string | boolean>>;
}

export interface Example {
  /** One line of help. */
  readonly about: string;
  /** Before there is a network: what is to be had from elsewhere. @param note - is told before something long */
  prepare?(note: (line: string) => void, signal: AbortSignal): Promise<void>;
  run(world: World): Promise<Finding>;
}

/** int8 values, row-major, K contiguous. */
export interface Matrix {
  readonly values: Int8Array<ArrayBuffer>;
  readonly rows: number;
  readonly k: number;
}

export interface Tally {
  /** From the first upload to the last number of the result: network and waiting included. */
  networkMs: number;
  /** .npy bytes from us to the coordinator, and back. */
  sentBytes: number;
  fetchedBytes: number;
  /** Between the coordinator and its contributors. */
  downBytes: number;
  upBytes: number;
  multiplyAdds: number;
  /** The same products here: plain JavaScript, one core, measured. */
  localMs: number;
}

export interface WorldOptions {
  readonly client: TileworkClient;
  readonly context: Context;
  /** Files go there. */
  readonly outDir: string;
  /** Lets the example's own contributors go, which would compete for the cores. */
  readonly dismiss: () => Promise<void>;
}

interface Product {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Int32Array;
}

export class World {
  readonly context: Context;
  readonly outDir: string;
  readonly tally: Tally = {
    networkMs: 0,
    sentBytes: 0,
    fetchedBytes: 0,
    downBytes: 0,
    upBytes: 0,
    multiplyAdds: 0,
    localMs: 0,
  };
  readonly #client: TileworkClient;
  readonly #dismiss: () => Promise<void>;

  constructor({ client, context, outDir, dismiss }: WorldOptions) {
    this.#client = client;
    this.context = context;
    this.outDir = outDir;
    this.#dismiss = dismiss;
  }

  note(line: string): void {
    this.context.terminal.note(line);
  }

  /** Sends a matrix once; its id serves any number of products. */
  upload(matrix: Matrix, name: string): Promise<string> {
    return this.#timed(async () => {
      const npy = encodeNpy('i8', matrix.rows, matrix.k, new Uint8Array(matrix.values.buffer));
      this.tally.sentBytes += npy.length;
      const { signal } = this.context;
      return (await this.#client.uploadOperand(npy, { side: 'rows', name, signal })).id;
    });
  }

  /** A random matrix that nobody sends. */
  seeded(options: SeededOptions): Promise<string> {
    return this.#timed(async () => (await this.#client.seeded(options, { signal: this.context.signal })).id);
  }

  /** A·Bᵀ over two operands, exact. Cancelled when we are. @throws AppError as followJob; 'bad-file' for an answer that is no int32. */
  product(a: string, b: string, project: string): Promise<Int32Array> {
    return this.#timed(async () => {
      const { signal } = this.context;
      const created = await this.#client.createJob({ a, b, project }, { signal });
      const job = await followJob(this.#client, created, this.context);
      const answer = await this.#client.result(job.id, { signal });
      const npy = new Uint8Array(await answer.arrayBuffer());
      const { values } = decodeProduct(npy);
      if (!(values instanceof Int32Array)) throw new AppError('bad-file', 'the product is not int32');
      this.tally.fetchedBytes += npy.length;
      this.tally.downBytes += job.bytesDown;
      this.tally.upBytes += job.bytesUp;
      this.tally.multiplyAdds += job.multiplyAddsTotal;
      return values;
    });
  }

  /** Computes products again here, with the contributors gone, and compares every number. */
  async compare(products: readonly Product[]): Promise<Check> {
    await this.#dismiss();
    this.note('computing the same here, and comparing every number');
    let differences = 0;
    let numbers = 0;
    const start = performance.now();
    for (const { a, b, c } of products) {
      const shape = { rows: a.rows, cols: b.rows, k: a.k };
      differences += await countDifferences(a.values, b.values, c, shape, () => setImmediate());
      numbers += c.length;
    }
    this.tally.localMs += performance.now() - start;
    return {
      claim: `${differences} of ${numbers.toLocaleString('en')} numbers differ from those computed here`,
      holds: differences === 0,
    };
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.tally.networkMs += performance.now() - start;
    }
  }
}
