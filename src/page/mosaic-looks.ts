/** What each tile of a mosaic looks like, as one number, so that only what has changed is drawn again. Pure. */
import { type MosaicState, UNLISTED, cellsOf } from './mosaic-state.ts';

/** Muted tones, and patterns of a glaze, of those who are not the visitor: a contributor has one of each, for good. */
export const TONES = 9;
const PATTERNS = 4;

export const BARE = 0;
const STEPS = 255;

/** Of a tile on which there is something. */
export interface Look {
  readonly yours: boolean;
  readonly tone: number;
  readonly pattern: number;
  /** Verified share of it, 0…1. */
  readonly share: number;
}

/** FNV-1a: the same for the same contributor on every page and in every job. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // Its low bits alone are a poor choice among few.
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Of a contributor: never 0. @param you - PeerId, or '' */
export function styleOf(contributor: string | undefined, you: string): number {
  if (contributor === undefined) return 2;
  if (contributor === you) return 1;
  const hash = hashOf(contributor);
  return 3 + (hash % TONES) * PATTERNS + (Math.floor(hash / TONES) % PATTERNS);
}

/** Of every tile: BARE, or what `lookOf` reads. */
export function looksOf(mosaic: MosaicState, you: string): Uint32Array<ArrayBuffer> {
  const styles = mosaic.contributors.map((contributor) => styleOf(contributor, you));
  return Uint32Array.from(mosaic.owners, (owner, tile) => {
    if (owner === 0) return BARE;
    const style = owner === UNLISTED ? styleOf(undefined, you) : (styles[owner - 1] ?? 2);
    const share = (mosaic.verified[tile] ?? 0) / cellsOf(mosaic, tile);
    return style * (STEPS + 1) + Math.max(1, Math.round(STEPS * Math.min(1, share)));
  });
}

export function lookOf(number: number): Look {
  const style = Math.floor(number / (STEPS + 1));
  const share = (number % (STEPS + 1)) / STEPS;
  if (style < 3) return { yours: style === 1, tone: 0, pattern: 0, share };
  return {
    yours: false,
    tone: Math.floor((style - 3) / PATTERNS),
    pattern: (style - 3) % PATTERNS,
    share,
  };
}

/** A fixed scatter of turns and glazes, so that the wall looks laid by hand and never flickers. */
export function scatter(tile: number): number {
  // Twice, or a wide wall shows stripes.
  const once = Math.imul(tile + 1, 2_654_435_761);
  return Math.imul(once ^ (once >>> 15), 0x85ebca6b) >>> 9;
}

export interface MosaicCounts {
  readonly tiles: number;
  readonly yours: number;
  /** Of the cells, whole per cent; 100 only when there is none left. */
  readonly percent: number;
}

export function countsOf(mosaic: MosaicState, you: string): MosaicCounts {
  const number = you === '' ? 0 : mosaic.contributors.indexOf(you) + 1;
  const yours = number === 0 ? 0 : mosaic.owners.reduce((sum, owner) => sum + (owner === number ? 1 : 0), 0);
  const percent = Math.floor((100 * mosaic.cellsVerified) / (mosaic.rows * mosaic.cols));
  return { tiles: mosaic.owners.length, yours, percent };
}

/** The last round percentage that was passed: what is worth saying aloud. */
export const milestoneOf = (percent: number): number => (percent >= 99 ? percent : percent - (percent % 10));

export interface Share {
  /** Undefined for all who are not listed, together. */
  readonly contributor: string | undefined;
  readonly tiles: number;
}

/** Who has most tiles, first. */
export function sharesOf({ owners, contributors }: MosaicState): Share[] {
  const tiles = new Map<number, number>();
  for (const owner of owners) if (owner !== 0) tiles.set(owner, (tiles.get(owner) ?? 0) + 1);
  return [...tiles]
    .map(([owner, count]): Share => ({ contributor: contributors[owner - 1], tiles: count }))
    .toSorted((x, y) => y.tiles - x.tiles);
}

/** Who has most of this tile: undefined for nobody, '' for somebody who is not listed. */
export function ownerOf({ owners, contributors }: MosaicState, tile: number): string | undefined {
  const owner = owners[tile] ?? 0;
  return owner === 0 ? undefined : (contributors[owner - 1] ?? '');
}
