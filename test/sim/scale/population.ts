/**
 * Who contributes: links, GPUs, memories, patience and honesty, drawn around published medians. Where nobody
 * has published one, the number is ours and says so.
 */
import type { Rng } from '../../../src/core/rng.ts';
import { exponential, logNormal, weibull, weighted } from './draws.ts';

export interface Profile {
  readonly name: string;
  /** Bytes a second. */
  readonly down: number;
  readonly up: number;
  readonly rttMs: number;
  /** Multiply-adds a second, i8. */
  readonly rate: number;
  /** …as its self-test has it. */
  readonly claimedRate: number;
  readonly operandBytes: number;
  readonly resultBytes: number;
  /** On the GPU and on disk. */
  readonly cacheBytes: number;
  /** It was here before: its link is known, and it may hold so many leases' worth of trust. */
  readonly knowsLink: boolean;
  readonly verifiedInARow: number;
  /** Share of its results that are made up. */
  readonly forges: number;
}

export const MBIT = 1e6 / 8;
const GIB = 2 ** 30;

/**
 * Multiply-adds a second in f32, half of the published floating-point operations: M1 0.58 to 0.86 T (wgpu-mm),
 * M2 Air 0.89 T, M2 Pro 1.71 T, RTX 3080 Laptop 3.68 T (gpu.cpp), M4 Max 7 T (jax-js). A phone's is our guess,
 * a tenth of an M1's; 37 % of a browser network's machines were mobile (Nexus, December 2024).
 */
const RATES = [
  [0.37, 0.036e12],
  [0.25, 0.36e12],
  [0.15, 0.445e12],
  [0.12, 0.855e12],
  [0.08, 1.84e12],
  [0.03, 3.5e12],
] as const;
/** dot4I8Packed against f32 on the same GPU: between the 1 of a polyfill and the 1.8 that is hoped for. */
const I8_GAIN = 1.4;

/** Ookla's US medians of December 2023, 227 down and 26.6 up; a factor of 2.5 around them is ours. */
const DOWN_MEDIAN = 227 * MBIT;
const UP_MEDIAN = 26.6 * MBIT;
const LINK_SPREAD = 0.9;
/** Noise in a browser is JavaScript: 60 MB/s were measured where links are faster (js-libp2p-noise PR 385). */
const MOST_BYTES_PER_SECOND = 60e6;
/** Between the 20 ms of a near coordinator and twice the 63 ms between two coasts (libp2p/test-plans). */
const RTT_MS = [20, 126] as const;

/** Memory that visitors grant is ours to guess; the default is 512 MiB, of which 3/4 hold operands. */
const MEMORIES = [
  [0.2, 0.25 * GIB],
  [0.55, 0.5 * GIB],
  [0.2, GIB],
  [0.05, 2 * GIB],
] as const;

export function memoryOf(bytes: number): Pick<Profile, 'operandBytes' | 'resultBytes'> {
  return { operandBytes: bytes * 0.75, resultBytes: (bytes * 3) / 16 };
}

/** Ours: nobody publishes how many lie to a network that checks everything. */
const FORGERS = 0.02;

export function somebody(rng: Rng, name: string): Profile {
  const memory = memoryOf(weighted(rng, MEMORIES));
  const rate = I8_GAIN * logNormal(rng, weighted(rng, RATES), 0.2);
  const here = rng.float() < 0.5;
  return {
    name,
    down: Math.min(MOST_BYTES_PER_SECOND, logNormal(rng, DOWN_MEDIAN, LINK_SPREAD)),
    up: Math.min(MOST_BYTES_PER_SECOND, logNormal(rng, UP_MEDIAN, LINK_SPREAD)),
    rttMs: RTT_MS[0] * (RTT_MS[1] / RTT_MS[0]) ** rng.float(),
    rate,
    claimedRate: logNormal(rng, rate, 0.2),
    ...memory,
    // Half of them granted some disk as well.
    cacheBytes: memory.operandBytes + (rng.float() < 0.5 ? GIB : 0),
    knowsLink: here,
    verifiedInARow: here ? Math.floor(40 * rng.float()) : 0,
    forges: rng.float() < FORGERS ? 0.5 : 0,
  };
}

/** How a stay goes. */
export interface Stay {
  readonly ms: number;
  /** 'vanishes': a lid is shut, and the coordinator hears nothing for minutes. */
  readonly end: 'finishes' | 'closes' | 'vanishes';
  /** From then on the GPU, or the link as well, is so many times slower. */
  readonly slow: { readonly afterMs: number; readonly gpu: number; readonly link: number } | undefined;
}

/**
 * Sessions of FlatOut's BitTorrent swarm: Weibull, shape 0.59, scale 41.9 minutes, a median of 22.5 (Stutzbach and
 * Rejaie, "Understanding churn in peer-to-peer networks", IMC 2006); time on web pages has a shape below 1 too
 * (Liu, White, Dumais, SIGIR 2010).
 */
const SESSION_SCALE_MS = 41.9 * 60_000;
const SESSION_SHAPE = 0.59;
/** Ours. */
const ABSENCE_MS = 10 * 60_000;
/** A hidden tab computes 2.7 times slower (WebAI@Home measured 22.7 and 8.4 tokens a second). */
const HIDDEN = 22.7 / 8.4;
/** Outliers stretch the median job by 34 % (Mantri, OSDI 2010); one contributor in 20 as a tenth of itself is ours. */
const OUTLIER = 10;

export function someStay(rng: Rng): Stay {
  const ms = weibull(rng, SESSION_SCALE_MS, SESSION_SHAPE);
  const kind = weighted(rng, [
    [0.65, 'steady'],
    [0.3, 'hidden'],
    [0.05, 'outlier'],
  ] as const);
  const afterMs = Math.min(ms, SESSION_SCALE_MS) * rng.float();
  return {
    ms,
    end: weighted(rng, [
      [0.3, 'finishes'],
      [0.6, 'closes'],
      [0.1, 'vanishes'],
    ] as const),
    slow:
      kind === 'steady'
        ? undefined
        : { afterMs, gpu: kind === 'hidden' ? HIDDEN : OUTLIER, link: kind === 'hidden' ? 1 : OUTLIER },
  };
}

export function someAbsenceMs(rng: Rng): number {
  return exponential(rng, ABSENCE_MS);
}
