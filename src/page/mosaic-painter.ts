/**
 * Draws a mosaic on a canvas: only the tiles that changed, once per frame, and a soft light on those that are new.
 * When frames come is the caller's: a browser sends none to a hidden page.
 */
import { type MosaicColours, fillTile, paintTile, sheenOf } from './mosaic-glaze.ts';
import { BARE } from './mosaic-looks.ts';
import type { MosaicLayout } from './mosaic-layout.ts';

export interface Frames {
  /** Calls back once, before the next frame, with a time in ms; the returned function cancels. */
  next(callback: (ms: number) => void): () => void;
}

export interface Picture {
  /** Another one is another picture: nothing of the last one is kept, and nothing lights up. */
  readonly key: string;
  readonly looks: Uint32Array;
  readonly layout: MosaicLayout;
  readonly colours: MosaicColours;
  /** The visitor wants no movement. */
  readonly still: boolean;
}

const GLOW_MS = 1100;
/** Lighting up more at a time would be a flash, and work for nothing. */
const MAX_GLOWING = 400;

export class MosaicPainter {
  readonly #context: CanvasRenderingContext2D;
  readonly #frames: Frames;
  #wanted: Picture | undefined;
  /** What is on the canvas. */
  #painted: Picture | undefined;
  #sheen: CanvasGradient | undefined;
  /** Tiles that glow, and since when; undefined for those of the frame to come. */
  readonly #glowing = new Map<number, number | undefined>();
  #cancel: (() => void) | undefined;
  /** Tiles painted, for measuring. */
  painted = 0;

  constructor(context: CanvasRenderingContext2D, frames: Frames) {
    this.#context = context;
    this.#frames = frames;
  }

  show(picture: Picture): void {
    this.#wanted = picture;
    this.#ask();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #ask(): void {
    this.#cancel ??= this.#frames.next((ms) => {
      this.#cancel = undefined;
      this.#draw(ms);
      if (this.#glowing.size > 0) this.#ask();
    });
  }

  #draw(ms: number): void {
    const wanted = this.#wanted;
    if (!wanted) return;
    const before = this.#painted;
    if (before !== wanted) {
      if (before && sameCanvas(before, wanted)) this.#compare(before, wanted);
      else this.#begin(wanted);
      this.#painted = wanted;
    }
    for (const [tile, since] of this.#glowing) {
      const start = since ?? ms;
      const gone = (ms - start) / GLOW_MS;
      this.#paint(wanted, tile);
      if (gone >= 1) this.#glowing.delete(tile);
      else {
        this.#glowing.set(tile, start);
        fillTile(this.#context, wanted.layout.size, wanted.colours.light, 0.85 * (1 - gone) ** 2);
      }
    }
  }

  /** Everything anew, on a canvas of another size perhaps. */
  #begin(wanted: Picture): void {
    const { canvas } = this.#context;
    const { width, height, size } = wanted.layout;
    this.#glowing.clear();
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    this.#context.clearRect(0, 0, width, height);
    this.#sheen = sheenOf(this.#context, size);
    for (let tile = 0; tile < wanted.looks.length; tile++) this.#paint(wanted, tile);
  }

  #compare(before: Picture, wanted: Picture): void {
    const fresh: number[] = [];
    for (const [tile, look] of wanted.looks.entries()) {
      const old = before.looks[tile];
      if (old === look) continue;
      this.#paint(wanted, tile);
      // Only what grew is news; another colour (the visitor was found) is not.
      if (old === BARE || (look & 0xff) > ((old ?? 0) & 0xff)) fresh.push(tile);
    }
    if (wanted.still) this.#glowing.clear();
    else for (const tile of fresh.slice(-MAX_GLOWING)) this.#glowing.set(tile, undefined);
  }

  #paint({ layout: { across, pitch, size }, looks, colours }: Picture, tile: number): void {
    this.painted += 1;
    const [x, y] = [(tile % across) * pitch, Math.floor(tile / across) * pitch];
    this.#context.setTransform(1, 0, 0, 1, x, y);
    this.#context.clearRect(0, 0, size, size);
    paintTile(this.#context, tile, looks[tile] ?? BARE, size, colours, this.#sheen);
  }
}

function sameCanvas(a: Picture, b: Picture): boolean {
  const [x, y] = [a.layout, b.layout];
  return (
    a.key === b.key &&
    a.colours === b.colours &&
    x.pitch === y.pitch &&
    x.down === y.down &&
    x.across === y.across
  );
}
