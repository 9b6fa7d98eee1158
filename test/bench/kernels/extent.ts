/** What a run covers: small sizes on a software adapter, which computes a GFLOP/s, large ones on a GPU. */
import type { Plan } from './race.ts';
import type { Size } from './task.ts';

export interface Extent {
  readonly memoryBytes: number;
  readonly sizes: readonly Size[];
  readonly plan: Plan;
  /** The autotuned backend against every kernel of the family. */
  readonly family: {
    /** Of each fixed kernel's backend; a dozen are open at once. */
    readonly memoryBytes: number;
    readonly sizes: readonly Size[];
    readonly heats: Plan;
    readonly final: Plan;
  };
  readonly idle: { readonly size: Size; readonly leases: number };
}

const MIB = 2 ** 20;
const cube = (side: number): Size => ({ rows: side, cols: side, k: side });
const RAGGED: Size = { rows: 1000, k: 777, cols: 1333 };
const thin = (rows: number): Size => ({ rows, k: 4096, cols: 4096 });

export function extentOf(fallback: boolean, quick: boolean): Extent {
  return fallback ? software(quick) : hardware(quick);
}

function software(quick: boolean): Extent {
  return {
    memoryBytes: 64 * MIB,
    sizes: (quick ? [256, 384] : [256, 384, 512]).map(cube),
    plan: { rounds: quick ? 9 : 21, slowRounds: quick ? 2 : 5, targetMs: quick ? 60 : 200, bytes: true },
    family: {
      memoryBytes: 64 * MIB,
      sizes: quick ? [cube(256)] : [cube(256), cube(512), { rows: 16, k: 512, cols: 512 }],
      heats: { rounds: quick ? 1 : 2, targetMs: 50, bytes: false },
      final: { rounds: quick ? 7 : 15, targetMs: quick ? 50 : 100, bytes: false },
    },
    idle: { size: cube(512), leases: quick ? 4 : 6 },
  };
}

function hardware(quick: boolean): Extent {
  const large = quick ? [1024, 2048] : [1024, 2048, 4096];
  return {
    // C at 4096 four times over, beside the operands of three number types.
    memoryBytes: 1536 * MIB,
    sizes: [...large.map(cube), RAGGED, ...(quick ? [16] : [1, 16, 64]).map(thin)],
    plan: { rounds: quick ? 5 : 11, targetMs: quick ? 50 : 100, bytes: true },
    family: {
      memoryBytes: 256 * MIB,
      sizes: [...(quick ? [1024] : [1024, 2048]).map(cube), RAGGED, thin(16)],
      heats: { rounds: 3, targetMs: 30, bytes: false },
      final: { rounds: quick ? 7 : 15, targetMs: 50, bytes: false },
    },
    idle: { size: cube(2048), leases: quick ? 8 : 24 },
  };
}
