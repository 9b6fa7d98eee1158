/** What the scheduler knows of one contributor: what it can do, what it holds, where it works. */
import type { Capacity, Limit } from '../core/bound.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { Rect } from './grid.ts';
import { Holdings } from './holdings.ts';
import type { Room } from './rectangle.ts';
import type { Capability } from './work.ts';

/** Assumed of an unknown link until shards have measured it, bytes a second: 32 and 8 Mbit/s. */
const UNKNOWN_DOWN = 4_000_000;
const UNKNOWN_UP = 1_000_000;
/** Assumed of a GPU that did not say: what a software adapter does. */
const UNKNOWN_RATE = 5e8;
const SMOOTHING = 0.3;
/** Leases in flight that share its room for results. */
const LEASES_IN_FLIGHT = 2;
/** Its first leases are short: they measure it. */
const FIRST_LEASES = 3;

/** What one finished shard taught; zeros teach nothing. */
export interface Sample {
  /** Multiply-adds a second of GPU time. */
  readonly rate: number;
  /** Bytes a second that it sends. */
  readonly up: number;
}

/** By its own word or measured; 0 is not known. */
export interface Measured {
  readonly down: number;
  readonly up: number;
  readonly rate: number;
}

export class Contributor {
  readonly peer: string;
  readonly capability: Capability;
  readonly holdings: Holdings;
  /** Chosen by its visitor, who may choose anew at any time; none: any. */
  projects: readonly string[];
  /** Wants work and may have some. */
  hungry = false;
  /** Its latest rectangle of each job. */
  readonly last = new Map<string, Rect>();
  #samples = 0;
  #down: number;
  #up: number;
  readonly #rates: Record<Dtype, number>;

  constructor(peer: string, capability: Capability) {
    this.peer = peer;
    this.capability = capability;
    this.projects = capability.projects;
    this.holdings = new Holdings(this.keeps);
    this.#down = capability.downBytesPerSecond;
    this.#up = capability.upBytesPerSecond;
    this.#rates = { ...capability.rates };
  }

  /** Operand bytes, on the GPU and on disk. */
  get keeps(): number {
    return Math.max(this.capability.operandBytes, this.capability.cacheBytes ?? 0);
  }

  get room(): Room {
    const { operandBytes, resultBytes } = this.capability;
    return {
      pages: Math.floor(operandBytes / BLOCK_BYTES),
      kept: Math.floor(this.keeps / BLOCK_BYTES),
      cells: Math.max(1, Math.floor(resultBytes / BLOCK_BYTES / LEASES_IN_FLIGHT)),
    };
  }

  get isNew(): boolean {
    return this.#samples < FIRST_LEASES;
  }

  /** By its own word, or by a first result. What its GPU does, its self-test has told. */
  isKnown(limit: Limit): boolean {
    if (limit === 'rate') return true;
    return (limit === 'down' ? this.#down : this.#up) > 0;
  }

  capacity(dtype: Dtype): Capacity {
    return {
      down: this.#down || UNKNOWN_DOWN,
      up: this.#up || UNKNOWN_UP,
      rate: this.#rates[dtype] || UNKNOWN_RATE,
      memory: this.keeps,
    };
  }

  /** The rate is that of its fastest number type. */
  get known(): Measured {
    return { down: this.#down, up: this.#up, rate: Math.max(...Object.values(this.#rates)) };
  }

  suits(project: string): boolean {
    return this.projects.length === 0 || this.projects.includes(project);
  }

  /** It has averaged that itself. */
  receives(bytesPerSecond: number): void {
    if (bytesPerSecond > 0 && Number.isFinite(bytesPerSecond)) this.#down = bytesPerSecond;
  }

  /** The first word of an unknown link counts whole. */
  measured(dtype: Dtype, { rate, up }: Sample): void {
    if (rate > 0 && Number.isFinite(rate)) this.#samples += 1;
    this.#rates[dtype] = blend(this.#rates[dtype], rate);
    this.#up = blend(this.#up, up);
  }
}

function blend(old: number, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) return old;
  return old > 0 ? old + SMOOTHING * (value - old) : value;
}
