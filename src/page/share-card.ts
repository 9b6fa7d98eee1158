/**
 * The picture of what a visitor has computed: 1200 × 630, the size that pages show of a link. Left what it comes to,
 * right the product with the visitor's tiles, or a wall of a tile for each shard. Names are drawn as text.
 */
import { type MosaicColours, paintTile, sheenOf } from './mosaic-glaze.ts';
import { type MosaicLayout, layoutOf } from './mosaic-layout.ts';
import { BARE, looksOf } from './mosaic-looks.ts';
import type { MosaicState } from './mosaic-state.ts';

export const CARD_WIDTH = 1200;
export const CARD_HEIGHT = 630;

const MARGIN = 64;
/** Of the wall's square; the texts have what is left. */
const WALL = CARD_HEIGHT - 2 * MARGIN;
const ROOM = CARD_WIDTH - WALL - 3 * MARGIN;
/** `layoutOf` limits a tile to 56 CSS pixels; a small product may have larger ones here. */
const RATIO = 4;
const SIDE = 8;
/** `looksOf` of a tile of the visitor's that is verified in full. */
const YOURS = 0x1ff;

export interface CardTexts {
  readonly brand: string;
  readonly count: string;
  readonly shards: string;
  readonly credit: string;
  readonly motto: string;
  /** Whom it names: '' for nothing that the visitor did not tick. */
  readonly name: string;
  readonly id: string;
  /** Where to join, such as a host's name; may be ''. */
  readonly address: string;
}

export interface CardColours extends MosaicColours {
  readonly ground: string;
  readonly card: string;
  readonly ink: string;
  readonly soft: string;
  readonly accent: string;
}

export interface Wall {
  readonly looks: Uint32Array;
  readonly layout: MosaicLayout;
}

/** The product, or as long as there is none a wall that fills with one's shards. @param you - PeerId, or '' */
export function wallOf(mosaic: MosaicState | undefined, you: string, shards: number): Wall {
  const room = WALL / RATIO;
  if (mosaic) return { looks: looksOf(mosaic, you), layout: layoutOf(mosaic, room, room, RATIO) };
  const looks = Uint32Array.from({ length: SIDE * SIDE }, (_, tile) => (tile < shards ? YOURS : BARE));
  return { looks, layout: layoutOf({ down: SIDE, across: SIDE }, room, room, RATIO) };
}

/** @param font - CSS families; @param rtl - the texts stand right, and the wall left */
export function drawCard(
  context: CanvasRenderingContext2D,
  texts: CardTexts,
  { looks, layout }: Wall,
  colours: CardColours,
  font: string,
  rtl: boolean,
): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, CARD_WIDTH, CARD_HEIGHT);
  const left = rtl ? MARGIN : CARD_WIDTH - MARGIN - WALL;
  drawWall(context, looks, layout, colours, [
    left + Math.floor((WALL - layout.width) / 2),
    MARGIN + Math.floor((WALL - layout.height) / 2),
  ]);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.direction = rtl ? 'rtl' : 'ltr';
  context.textAlign = 'start';
  context.textBaseline = 'alphabetic';
  const x = rtl ? CARD_WIDTH - MARGIN : MARGIN;
  const write = (text: string, y: number, size: number, weight: number, colour: string): void => {
    if (text === '') return;
    context.fillStyle = colour;
    context.font = `${weight} ${size}px ${font}`;
    const { width } = context.measureText(text);
    if (width > ROOM) context.font = `${weight} ${Math.max(14, Math.floor((size * ROOM) / width))}px ${font}`;
    context.fillText(fitted(context, text), x, y);
  };
  write(texts.brand, 98, 36, 650, colours.accent);
  write(texts.count, 244, 144, 650, colours.ink);
  write(texts.shards, 294, 38, 600, colours.ink);
  write(texts.credit, 346, 28, 400, colours.soft);
  wrapped(context, texts.motto, 26, font).forEach((line, i) => {
    write(line, 394 + i * 36, 26, 400, colours.soft);
  });
  const last = CARD_HEIGHT - MARGIN - 6;
  const lines = [texts.name, texts.id, texts.address].filter((text) => text !== '');
  lines.forEach((line, i) => {
    const y = last - (lines.length - 1 - i) * 34;
    const named = line === texts.name;
    write(line, y, named ? 30 : 22, named ? 650 : 400, named ? colours.ink : colours.soft);
  });
}

function drawWall(
  context: CanvasRenderingContext2D,
  looks: Uint32Array,
  { pitch, size, across }: MosaicLayout,
  colours: CardColours,
  [left, top]: readonly [number, number],
): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  const sheen = sheenOf(context, size);
  for (const [tile, look] of looks.entries()) {
    const [x, y] = [left + (tile % across) * pitch, top + Math.floor(tile / across) * pitch];
    context.setTransform(1, 0, 0, 1, x, y);
    paintTile(context, tile, look, size, colours, sheen);
  }
}

/** What is too long even in small letters ends in an ellipsis. */
function fitted(context: CanvasRenderingContext2D, text: string): string {
  if (context.measureText(text).width <= ROOM) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && context.measureText(`${letters.join('')}…`).width > ROOM) letters.pop();
  return `${letters.join('')}…`;
}

/** At most two lines. */
function wrapped(context: CanvasRenderingContext2D, text: string, size: number, font: string): string[] {
  context.font = `400 ${size}px ${font}`;
  const words = text.split(' ');
  let first = '';
  while (words.length > 0) {
    const longer = first === '' ? words[0]! : `${first} ${words[0]!}`;
    if (first !== '' && context.measureText(longer).width > ROOM) break;
    first = longer;
    words.shift();
  }
  return [first, words.join(' ')].filter((line) => line !== '');
}
