/** The races for a person: Markdown, so that a run can be kept as it was printed. */
import { type Spread, spread } from '../statistics.ts';
import type { AutotuneResult } from './autotune.ts';
import type { IdleResult } from './idle.ts';
import { OURS, type SizeResult, against } from './summary.ts';
import { type Size, nameOf } from './task.ts';

export function sizeTable(result: SizeResult): string {
  const { rows, cols, k } = result.size;
  const lines = result.outcomes.map((outcome) => {
    const { name, dtype, accumulator, reason, error, resident, bytes } = outcome;
    const cells = [name, accumulator];
    if (reason !== undefined) return row([...cells, `does not run: ${reason}`, '', '', '', '']);
    const mine = name === OURS[dtype];
    const against32 = against(result, OURS.f32, name);
    const own = against(result, OURS[dtype], name);
    const ownBytes = against(result, OURS[dtype], name, 'bytes');
    return row([
      ...cells,
      `${ms(spread(resident))} (${rate(result.size, resident)})`,
      mine ? (dtype === 'f32' ? '1' : `own f32: ${times(against32, true)}`) : times(own),
      bytes.length === 0 ? 'not measured' : ms(spread(bytes)),
      mine ? '1' : times(ownBytes),
      Number.isNaN(error) ? 'not compared' : error.toExponential(1),
    ]);
  });
  return [
    `### ${rows} × ${k} · ${k} × ${cols}`,
    '',
    row(['', 'sums in', '(a) resident', 'ours is … times as fast', '(b) bytes', 'ours is …', 'max error']),
    row(Array.from({ length: 7 }, () => '---')),
    ...lines,
    '',
  ].join('\n');
}

export function autotuneTable(results: readonly AutotuneResult[]): string {
  const lines = results.map(({ dtype, size, autotuned, chosen, best, ratio, heats }) => {
    const fixed = heats.map(({ name, reason, resident }) => `${name} ${reason ?? ms(spread(resident))}`);
    return row([
      dtype,
      nameOf(size),
      `${chosen} ${ms(autotuned)}`.trim(),
      best,
      times(ratio),
      fixed.join('; '),
    ]);
  });
  return [
    '### Autotuned against every fixed kernel, resident',
    '',
    row(['', 'size', 'autotuned', 'best fixed', 'autotuned is … times as fast', 'heats']),
    row(Array.from({ length: 6 }, () => '---')),
    ...lines,
    '',
  ].join('\n');
}

export function idleTable(results: readonly IdleResult[]): string {
  const lines = results.map(({ dtype, size, leases, wallMs, idle }) =>
    row([dtype, nameOf(size), `${leases}`, `${wallMs.toFixed(0)} ms`, `${(100 * idle).toFixed(1)} %`]),
  );
  return [
    '### GPU idle with two leases in flight',
    '',
    row(['', 'shard', 'leases', 'first submission to last completion', 'idle']),
    row(Array.from({ length: 5 }, () => '---')),
    ...lines,
    '',
  ].join('\n');
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const ms = ({ median, low, high }: Spread): string => `${digits(median)} ms (${digits(low)}–${digits(high)})`;

/** 1.93 (1.90–1.97), or upside down. */
function times(ratio: Spread | undefined, inverse = false): string {
  if (!ratio) return '';
  const { median, low, high } = inverse
    ? { median: 1 / ratio.median, low: 1 / ratio.high, high: 1 / ratio.low }
    : ratio;
  return `${digits(median)} (${digits(low)}–${digits(high)})`;
}

function rate({ rows, cols, k }: Size, resident: readonly number[]): string {
  const perSecond = (2 * rows * cols * k * 1000) / spread(resident).median;
  return perSecond >= 1e12 ? `${digits(perSecond / 1e12)} TFLOP/s` : `${digits(perSecond / 1e9)} GFLOP/s`;
}

const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
