/** Which cells of one job are credited: one bit for each, in tiles of 32 × 32 that exist once one is. */

export interface CellRect {
  readonly rowBlock: number;
  readonly colBlock: number;
  readonly rowBlocks: number;
  readonly colBlocks: number;
}

export interface CellPlace {
  readonly row: number;
  readonly col: number;
}

const SIDE = 32;
/** Tiles in a row of the largest C: MAX_ROW_BLOCKS is 2²³. */
const TILES_ACROSS = 2 ** 18;

export class CellSet {
  /** By tile: a word for each of its rows. */
  readonly #tiles = new Map<number, Uint32Array>();

  /** Adds a rectangle. @returns the first of its cells that was there already; then it stays half added */
  add({ rowBlock, colBlock, rowBlocks, colBlocks }: CellRect): CellPlace | undefined {
    for (let row = rowBlock; row < rowBlock + rowBlocks; row++) {
      for (let col = colBlock; col < colBlock + colBlocks; col++) {
        if (!this.#set(row, col)) return { row, col };
      }
    }
    return undefined;
  }

  #set(row: number, col: number): boolean {
    const key = Math.floor(row / SIDE) * TILES_ACROSS + Math.floor(col / SIDE);
    let tile = this.#tiles.get(key);
    if (!tile) this.#tiles.set(key, (tile = new Uint32Array(SIDE)));
    const bit = 1 << (col % SIDE);
    const word = tile[row % SIDE]!;
    tile[row % SIDE] = word | bit;
    return (word & bit) === 0;
  }
}
