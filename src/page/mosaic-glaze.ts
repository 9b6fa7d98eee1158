/** How one tile is painted, at the origin of the context's transform: its clay, its glaze, and a little light. */
import { BARE, TONES, lookOf, scatter } from './mosaic-looks.ts';

/** CSS colours, from the page's custom properties (mosaic.css). */
export interface MosaicColours {
  readonly bare: string;
  readonly under: string;
  readonly clay: string;
  readonly tones: readonly string[];
  readonly slip: string;
  readonly glazes: readonly string[];
  readonly light: string;
}

type Context = CanvasRenderingContext2D;

/** Device pixels below which a tile is one colour: a pattern would be noise. */
const PLAIN_BELOW = 8;
const SHEEN_FROM = 11;
const QUARTER = Math.PI / 2;
const GLAZES = 3;

export function coloursOf(read: (property: string) => string): MosaicColours {
  const many = (name: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => read(`${name}${i}`));
  return {
    bare: read('--bare'),
    under: read('--under'),
    clay: read('--clay'),
    tones: many('--tone', TONES),
    slip: read('--slip'),
    glazes: many('--glaze', GLAZES),
    light: read('--lit'),
  };
}

/** @param sheen - see `sheenOf`; undefined where tiles are too small for it */
export function paintTile(
  context: Context,
  tile: number,
  look: number,
  size: number,
  colours: MosaicColours,
  sheen: CanvasGradient | undefined,
): void {
  const chance = scatter(tile);
  const laid = look === BARE ? undefined : lookOf(look);
  // A tile that is verified in part shows its clay through the glaze.
  const cover = laid === undefined ? 0 : 0.3 + 0.7 * laid.share;
  const glaze = laid?.yours ? colours.glazes[(chance >>> 8) % GLAZES] : colours.tones[laid?.tone ?? 0];
  if (size < PLAIN_BELOW) {
    fillTile(context, size, colours.bare);
    if (laid) fillTile(context, size, glaze ?? colours.under, cover);
    return;
  }
  fillTile(context, size, colours.bare);
  if (laid === undefined) {
    pattern(context, 0, chance & 3, size, colours.under);
    return;
  }
  fillTile(context, size, laid.yours ? colours.slip : colours.clay, cover);
  context.globalAlpha = cover;
  // The visitor's own wear the patterns of the wall in turn; everybody else has one that stays.
  const kind = laid.yours ? (chance >>> 12) % GLAZES : laid.pattern;
  pattern(context, kind, chance & 3, size, glaze ?? colours.under);
  context.globalAlpha = 1;
  if (sheen) fillTile(context, size, sheen);
}

/** Light from the upper left, as on something fired; one for all tiles of a size. */
export function sheenOf(context: Context, size: number): CanvasGradient | undefined {
  if (size < SHEEN_FROM) return undefined;
  const sheen = context.createLinearGradient(0, 0, size, size);
  sheen.addColorStop(0, 'rgb(255 255 255 / 0.26)');
  sheen.addColorStop(0.38, 'rgb(255 255 255 / 0.05)');
  sheen.addColorStop(0.62, 'rgb(0 0 0 / 0)');
  sheen.addColorStop(1, 'rgb(0 0 0 / 0.12)');
  return sheen;
}

export function fillTile(context: Context, size: number, fill: string | CanvasGradient, alpha = 1): void {
  context.globalAlpha = alpha;
  context.fillStyle = fill;
  if (size < SHEEN_FROM) {
    context.fillRect(0, 0, size, size);
  } else {
    context.beginPath();
    context.roundRect(0, 0, size, size, size * 0.1);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Four glazes of old floors: a quarter, two small quarters, a half, a leaf. */
function pattern(context: Context, kind: number, turn: number, size: number, colour: string): void {
  context.save();
  context.beginPath();
  context.roundRect(0, 0, size, size, size < SHEEN_FROM ? 0 : size * 0.1);
  context.clip();
  context.translate(size / 2, size / 2);
  context.rotate(turn * QUARTER);
  context.translate(-size / 2, -size / 2);
  context.fillStyle = colour;
  context.beginPath();
  switch (kind) {
    case 0:
      context.moveTo(0, 0);
      context.arc(0, 0, size * 0.97, 0, QUARTER);
      break;
    case 1:
      context.moveTo(0, 0);
      context.arc(0, 0, size * 0.5, 0, QUARTER);
      context.moveTo(size, size);
      context.arc(size, size, size * 0.5, 2 * QUARTER, 3 * QUARTER);
      break;
    case 2:
      context.moveTo(0, 0);
      context.lineTo(size, 0);
      context.lineTo(0, size);
      break;
    default:
      context.arc(size, 0, size, QUARTER, 2 * QUARTER);
      context.arc(0, size, size, 3 * QUARTER, 4 * QUARTER);
  }
  context.fill();
  context.restore();
}
