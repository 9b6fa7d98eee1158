/** A coordinator and honest contributors in processes of their own, and jobs that never run out. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { JobView } from '../../../src/core/v1.ts';
import { type AttackedDtype, type Field, Verdicts, projectOf } from '../../adversary/field.ts';
import { freshDataDir } from '../../helpers/databases.ts';
import { type Product, api, upload } from '../../helpers/product.ts';
import type { FromCoordinator, ToCoordinator } from './coordinator.ts';
import type { FromHonest, HonestOptions, ToHonest } from './honest.ts';

export interface BattlefieldOptions {
  readonly products: Readonly<Record<AttackedDtype, Product>>;
  readonly contributors: number;
  readonly shardMs: number;
  readonly sleep: Field['sleep'];
  readonly stallers: number;
  /** How long stalled transfers are held before the coordinator's patience is ended, ms. */
  readonly holdMs: number;
}

/** A new job is submitted when fewer cells than this are left of the last one. */
const CELLS_LEFT = 100;
const WATCH_MS = 500;

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Battlefield implements Field {
  readonly verdicts = new Verdicts();
  readonly url: string;
  readonly token: string;
  readonly peerAddresses: readonly string[];
  readonly products: Readonly<Record<AttackedDtype, Product>>;
  readonly sleep: Field['sleep'];
  readonly stallers: number;
  readonly #holdMs: number;
  readonly #dataDir: string;
  readonly #coordinator: ChildProcess;
  #honest!: ChildProcess;
  readonly #operands = new Map<AttackedDtype, { a: string; b: string }>();
  #jobs: JobView[] = [];
  #dtype: AttackedDtype = 'i8';
  #watching = true;

  private constructor(
    options: BattlefieldOptions,
    dataDir: string,
    coordinator: ChildProcess,
    ready: Extract<FromCoordinator, { type: 'ready' }>,
  ) {
    this.products = options.products;
    this.sleep = options.sleep;
    this.stallers = options.stallers;
    this.#holdMs = options.holdMs;
    this.#dataDir = dataDir;
    this.#coordinator = coordinator;
    this.url = ready.url;
    this.token = ready.token;
    this.peerAddresses = ready.peerAddresses;
    coordinator.on('message', (message: FromCoordinator) => {
      if (message.type === 'log') this.verdicts.record(message.fields, message.message);
    });
  }

  static async open(options: BattlefieldOptions): Promise<Battlefield> {
    const dataDir = await freshDataDir();
    const given = JSON.stringify({ dataDir, port: 0, peerPort: 0, threads: 1 });
    const coordinator = start('./coordinator.ts', given);
    const ready = await message(coordinator, 'ready');
    const field = new Battlefield(options, dataDir, coordinator, ready);
    for (const dtype of ['i8', 'f32'] as const) {
      const { a, b } = options.products[dtype];
      const [left, right] = [await upload(field, a), await upload(field, b)];
      field.#operands.set(dtype, { a: left.id, b: right.id });
    }
    await field.#submit('i8');
    void field.#watch();
    const { contributors, shardMs } = options;
    const honest: HonestOptions = { peerAddresses: ready.peerAddresses, contributors, shardMs };
    field.#honest = start('./honest.ts', JSON.stringify(honest));
    await once(field.#honest, 'message');
    return field;
  }

  /** Only jobs of this number type from now on. */
  async attack(dtype: AttackedDtype): Promise<void> {
    if (dtype === this.#dtype) return;
    this.#dtype = dtype;
    const old = this.#jobs.splice(0);
    await this.#submit(dtype);
    for (const { id } of old) await api(this, `/v1/jobs/${id}`, { method: 'DELETE' }).catch(() => {});
  }

  /** Receipts of each honest contributor so far. */
  async receipts(): Promise<readonly number[]> {
    this.#honest.send({ count: true } satisfies ToHonest);
    const [{ receipts }] = (await once(this.#honest, 'message')) as [FromHonest];
    return receipts;
  }

  /** What the coordinator takes of the machine. */
  usage(): Promise<Extract<FromCoordinator, { type: 'usage' }>> {
    this.#coordinator.send({ usage: true } satisfies ToCoordinator);
    return message(this.#coordinator, 'usage');
  }

  jump(ms: number): void {
    this.#coordinator.send({ jump: ms } satisfies ToCoordinator);
  }

  held(): Promise<void> {
    return delay(this.#holdMs);
  }

  async close(): Promise<void> {
    this.#watching = false;
    await stopped(this.#honest, { stop: true } satisfies ToHonest);
    await stopped(this.#coordinator, { close: true } satisfies ToCoordinator);
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #submit(dtype: AttackedDtype): Promise<void> {
    const job = await api<JobView>(this, '/v1/jobs', {
      method: 'POST',
      body: JSON.stringify({ ...this.#operands.get(dtype), project: projectOf(dtype) }),
      headers: { 'content-type': 'application/json' },
    });
    this.#jobs.push(job);
  }

  async #watch(): Promise<void> {
    while (this.#watching) {
      const last = this.#jobs.at(-1);
      if (last) {
        const now = await api<JobView>(this, `/v1/jobs/${last.id}`).catch(() => last);
        const dtype = this.#dtype;
        if (now.cellsTotal - now.cellsVerified < CELLS_LEFT && last === this.#jobs.at(-1))
          await this.#submit(dtype);
      }
      await delay(WATCH_MS);
    }
  }
}

/** The child's next message of this type. */
function message<T extends FromCoordinator['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<FromCoordinator, { type: T }>> {
  return new Promise((resolve) => {
    const read = (received: FromCoordinator): void => {
      if (received.type !== type) return;
      child.off('message', read);
      resolve(received as Extract<FromCoordinator, { type: T }>);
    };
    child.on('message', read);
  });
}

function start(file: string, argument: string): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [argument], { execArgv: ['--expose-gc'] });
}

async function stopped(child: ChildProcess, message: ToHonest | ToCoordinator): Promise<void> {
  const gone = once(child, 'exit');
  child.send(message);
  await gone;
}
