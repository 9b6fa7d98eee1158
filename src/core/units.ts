/** Numbers for people, and the units that the ledger counts in. */

/** One microcredit is 10⁶ verified multiply-adds (DESIGN §1). */
export const MULTIPLY_ADDS_PER_MICROCREDIT = 1_000_000n;

/**
 * The work of m·n·k multiply-adds in whole microcredits, rounded up: no shard is worth nothing. It is what a
 * shard is credited, except that a capped supply gives less and in the end nothing (src/ledger/issuance.ts).
 */
export function microcreditsFor(rows: number, cols: number, k: number): bigint {
  const work = BigInt(rows) * BigInt(cols) * BigInt(k);
  return (work + MULTIPLY_ADDS_PER_MICROCREDIT - 1n) / MULTIPLY_ADDS_PER_MICROCREDIT;
}

/** "0.002041 credit": six decimals are exact. */
export function formatCredit(microcredits: bigint): string {
  const whole = microcredits / 1_000_000n;
  const fraction = (microcredits % 1_000_000n).toString().padStart(6, '0');
  return `${whole}.${fraction}`;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** "1.5 MiB". */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < BINARY.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${BINARY[unit]}`;
}

const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** "12.3 GFLOP" for formatCount(12.3e9, 'FLOP'). */
export function formatCount(count: number, unit: string): string {
  let prefix = 0;
  let value = count;
  while (value >= 1000 && prefix < DECIMAL.length - 1) {
    value /= 1000;
    prefix += 1;
  }
  const digits = value >= 100 || prefix === 0 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${DECIMAL[prefix]}${unit}`;
}

/** "1 h 02 min", "3 min 05 s", "4.2 s". */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const two = (value: number): string => Math.floor(value).toString().padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} min`;
}
