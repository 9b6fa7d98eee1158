/**
 * The curve of <tilework-speed>, drawn by uPlot, which is loaded with this file and not before. Without its legend
 * uPlot writes no markup, and it sets styles by script: both pass a policy without `unsafe-inline`.
 */
import 'uplot/dist/uPlot.min.css';
import UPlot from 'uplot';
import type { SpeedBin } from './speed-history.ts';

export interface PlotLook {
  readonly line: string;
  readonly fill: string;
  readonly grid: string;
  readonly text: string;
  readonly font: string;
}

export interface PlotOptions {
  readonly bins: readonly SpeedBin[];
  /** BCP 47. */
  readonly locale: string;
  readonly look: PlotLook;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** The bin that is pointed at; undefined for none. */
  readonly onPoint: (bin: number | undefined) => void;
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** What the axis counts in: "GFLOP/s" for a best of 412e9. */
function unitOf(best: number): { readonly unit: string; readonly size: number } {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, best)) / 3)));
  return { unit: `${UNITS[power]}FLOP/s`, size: 1000 ** power };
}

/** Draws into `target`; what it returns takes the curve away. */
export function plotSpeed(target: HTMLElement, options: PlotOptions): () => void {
  const { bins, locale, look, width, height, onPoint } = options;
  const [first, last] = [bins[0]?.fromMs ?? 0, bins.at(-1)?.toMs ?? 1];
  const best = Math.max(1, ...bins.map(({ mean }) => mean ?? 0));
  const { unit, size } = unitOf(best);
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const amount = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const axis: UPlot.Axis = {
    stroke: look.text,
    font: look.font,
    grid: { stroke: look.grid, width: 1 },
    ticks: { show: false },
  };
  const plot = new UPlot(
    {
      width,
      height,
      padding: [10, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false } },
      scales: {
        x: { time: true, range: () => [first / 1000, last / 1000] },
        y: { range: () => [0, best * 1.08] },
      },
      axes: [
        { ...axis, size: 30, space: 64, values: (_, at) => at.map((s) => clock.format(s * 1000)) },
        {
          ...axis,
          label: unit,
          labelSize: 20,
          labelFont: look.font,
          size: 44,
          space: 36,
          values: (_, at) => at.map((flops) => amount.format(flops / size)),
        },
      ],
      series: [
        {},
        {
          stroke: look.line,
          fill: look.fill,
          width: 2,
          spanGaps: false,
          points: { size: 5, fill: look.line },
        },
      ],
      hooks: {
        setCursor: [
          ({ cursor: { idx, left = -1 } }) => {
            onPoint(left < 0 ? undefined : (idx ?? undefined));
          },
        ],
      },
    },
    [
      bins.map(({ fromMs, toMs }) => (fromMs + toMs) / 2000),
      bins.map(({ mean }) => (mean === undefined ? null : mean)),
    ],
    target,
  );
  return () => {
    plot.destroy();
  };
}
