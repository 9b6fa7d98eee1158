/** Kernels that only exist in time: how long they compile and how fast they run is written down. */
import { sleep } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

export interface Horse {
  /** Of each lap; the last one goes on for ever. */
  rates: readonly number[];
  compileMs?: number;
  /** What proving it throws. */
  fault?: Error;
  /** What compiling it throws. */
  refusal?: Error;
}

export const LAP_MS = 20;
const PROVE_MS = 5;

export const wrong = (name: string): AppError => new AppError('gpu-wrong', `${name} is wrong`);

export class Stable {
  readonly clock = new FakeClock();
  readonly horses: Record<string, Horse>;
  /** What was done, in order: "load a", "prove a", "lap a". */
  readonly log: string[] = [];

  constructor(horses: Record<string, Horse>) {
    this.horses = horses;
  }

  /** How often each of these was done to this kernel. */
  count(what: string): number {
    return this.log.filter((entry) => entry.startsWith(what)).length;
  }

  readonly load = async (name: string): Promise<void> => {
    this.log.push(`load ${name}`);
    const { compileMs = 0, refusal } = this.horses[name]!;
    if (compileMs > 0) await sleep(this.clock, compileMs);
    if (refusal) throw refusal;
  };

  readonly prove = async (name: string): Promise<void> => {
    this.log.push(`prove ${name}`);
    await sleep(this.clock, PROVE_MS);
    const { fault } = this.horses[name]!;
    if (fault) throw fault;
  };

  readonly lap = async (name: string): Promise<number> => {
    const { rates } = this.horses[name]!;
    const rate = rates[Math.min(this.count(`lap ${name}`), rates.length - 1)]!;
    this.log.push(`lap ${name}`);
    await sleep(this.clock, LAP_MS);
    return rate;
  };

  /** Lets time pass until the work has ended. */
  async during<T>(work: Promise<T>): Promise<T> {
    const state = { ended: false };
    const end = (): void => {
      state.ended = true;
    };
    work.then(end, end);
    while (!state.ended) await this.clock.advance(1);
    return work;
  }
}
