/** The report as a picture to keep or to show: 1200 × 630, the size that pages show of a link. No name, no id. */
import { scatter } from './mosaic-looks.ts';
import { counted, credited, measured } from './shown-numbers.ts';
import { energetic, lasting, sized, spanning } from './report-numbers.ts';
import type { Stretch, Summary } from './report-summary.ts';
import type { ReportStrings } from './strings-report.ts';

const IMAGE_WIDTH = 1200;
const IMAGE_HEIGHT = 630;

type Context = CanvasRenderingContext2D;

const MARGIN = 64;
const INNER = IMAGE_WIDTH - 2 * MARGIN;
const FONT = 'system-ui, sans-serif';
const COLOURS = { ground: '#11171a', ink: '#e6eceb', soft: '#a3b0ae', bare: '#232e33' };
const GLAZES = ['#2b8187', '#2b8187', '#63b5ab', '#2b8187', '#63b5ab', '#d9a548'];
/** The night as tiles, downwards and then on, each a stretch of time of the same length. */
const COLS = 44;
const ROWS = 5;

function drawReport(context: Context, summary: Summary, strings: ReportStrings): void {
  const { session, workMs } = summary;
  const { locale } = strings;
  const pen = new Pen(context, strings.dir);
  context.fillStyle = COLOURS.ground;
  context.fillRect(0, 0, IMAGE_WIDTH, IMAGE_HEIGHT);
  pen.text(strings.title, 0, 96, 30, COLOURS.soft);
  pen.text(spanning(locale, session.beganMs, session.seenMs), INNER, 96, 30, COLOURS.soft, INNER / 2, 'end');
  const wide = pen.text(lasting(locale, workMs), 0, 222, 116, COLOURS.ink, INNER * 0.75, 'start', 700);
  pen.text(strings.atWork, wide + 26, 222, 44, COLOURS.soft, INNER - wide - 26);
  figuresOf(summary, strings).forEach(([label, value], i, all) => {
    const [x, room] = [(i * INNER) / all.length, INNER / all.length - 20];
    pen.text(label, x, 300, 22, COLOURS.soft, room);
    pen.text(value, x, 342, 36, COLOURS.ink, room, 'start', 600);
  });
  tiles(pen, summary.line);
  pen.text(strings.signature, 0, 592, 22, COLOURS.soft);
}

function figuresOf(
  { session, wattHours }: Summary,
  strings: ReportStrings,
): readonly (readonly [string, string])[] {
  const { locale } = strings;
  const { shardsVerified, microcredits, multiplyAddsVerified, bytesDown, bytesUp } = session.totals;
  return [
    [strings.shards, counted(locale, shardsVerified)],
    [strings.work, measured(locale, 2 * multiplyAddsVerified, 'FLOP')],
    [strings.credit, credited(locale, String(microcredits))],
    [`${strings.down} + ${strings.up}`, sized(locale, bytesDown + bytesUp)],
    [strings.energy, energetic(locale, wattHours)],
  ];
}

function tiles(pen: Pen, line: readonly Stretch[]): void {
  const [step, gap] = [INNER / COLS, 4];
  for (let tile = 0; tile < COLS * ROWS; tile++) {
    const [col, row] = [Math.floor(tile / ROWS), tile % ROWS];
    const middle = (tile + 0.5) / (COLS * ROWS);
    const kind = line.find(({ from, length }) => middle < from + length)?.kind;
    const glaze = GLAZES[scatter(tile) % GLAZES.length]!;
    pen.tile(col * step, 386 + row * step, step - gap, {
      fill: kind === 'work' ? glaze : kind === 'pause' ? COLOURS.bare : undefined,
      line: COLOURS.bare,
    });
  }
}

/** Draws from where a line of this language begins. */
class Pen {
  readonly #context: Context;
  readonly #rtl: boolean;

  constructor(context: Context, dir: 'ltr' | 'rtl') {
    this.#context = context;
    this.#rtl = dir === 'rtl';
    context.direction = dir;
  }

  /** Smaller where there is no room for it. Its width. */
  text(
    text: string,
    x: number,
    y: number,
    size: number,
    colour: string,
    room = INNER,
    align: 'start' | 'end' = 'start',
    weight = 400,
  ): number {
    const context = this.#context;
    context.textAlign = align;
    context.fillStyle = colour;
    context.font = `${weight} ${size}px ${FONT}`;
    const { width } = context.measureText(text);
    if (width > room) context.font = `${weight} ${Math.floor((size * room) / width)}px ${FONT}`;
    context.fillText(text, this.#at(x), y);
    return Math.min(width, room);
  }

  tile(x: number, y: number, side: number, { fill, line }: { fill: string | undefined; line: string }): void {
    const context = this.#context;
    context.beginPath();
    context.roundRect(this.#rtl ? this.#at(x) - side : this.#at(x), y, side, side, 4);
    context.strokeStyle = line;
    context.lineWidth = 1.5;
    if (fill === undefined) return context.stroke();
    context.fillStyle = fill;
    context.fill();
  }

  #at(x: number): number {
    return this.#rtl ? IMAGE_WIDTH - MARGIN - x : MARGIN + x;
  }
}

/** @returns undefined where this browser makes no picture */
export async function reportImage(summary: Summary, strings: ReportStrings): Promise<Blob | undefined> {
  const canvas = document.createElement('canvas');
  canvas.width = IMAGE_WIDTH;
  canvas.height = IMAGE_HEIGHT;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  drawReport(context, summary, strings);
  return new Promise((resolve) => {
    canvas.toBlob((blob) => {
      resolve(blob ?? undefined);
    }, 'image/png');
  });
}
