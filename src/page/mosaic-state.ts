/** The mosaic as it is drawn, and how it goes on from event to event. Pure; a state that was given away never changes. */
import { AppError } from '../core/errors.ts';
import { fromRuns } from '../core/runs.ts';
import type { MosaicView, VerifiedEvent } from '../core/v1-figures.ts';

/** The owner of a tile who is not among the listed contributors. */
export const UNLISTED = 0xffffffff;

export interface MosaicState extends Omit<MosaicView, 'cells' | 'verified'> {
  /** Tiles. */
  readonly down: number;
  readonly across: number;
  /** Of each tile, row after row: 0 nothing verified, n the n-th of `contributors`, or UNLISTED. */
  readonly owners: Uint32Array;
  /** Verified cells of each tile; `cellsOf` says of how many. */
  readonly verified: Uint32Array;
  readonly cellsVerified: number;
}

/** @throws AppError 'bad-input' for runs that do not fit the grid */
export function mosaicFrom({ cells, verified, ...view }: MosaicView): MosaicState {
  const { rows, cols, tileRows, tileCols, contributors } = view;
  const [down, across] = [Math.ceil(rows / tileRows), Math.ceil(cols / tileCols)];
  const tiles = down * across;
  const owners = fromRuns(cells, tiles, contributors.length + 1);
  for (const [tile, owner] of owners.entries()) if (owner > contributors.length) owners[tile] = UNLISTED;
  if (verified === null && tileRows * tileCols > 1)
    throw new AppError('bad-input', 'this mosaic does not say how much of a tile is verified');
  const counts = verified
    ? fromRuns(verified, tiles, tileRows * tileCols)
    : owners.map((owner) => Math.min(1, owner));
  const cellsVerified = counts.reduce((sum, count) => sum + count, 0);
  return { ...view, down, across, owners, verified: counts, cellsVerified };
}

/** Cells of one tile: fewer at the far edges. */
export function cellsOf({ rows, cols, tileRows, tileCols, across }: MosaicState, tile: number): number {
  const high = Math.min(tileRows, rows - Math.floor(tile / across) * tileRows);
  return high * Math.min(tileCols, cols - (tile % across) * tileCols);
}

export interface NumberedEvent {
  readonly id: string;
  readonly event: VerifiedEvent;
}

/**
 * The mosaic after these events, of which it leaves out those that it knows. The owner of a tile of several cells
 * stays whoever came first, until the mosaic is fetched again: only the coordinator counts who has most of it.
 * @returns also the tiles in which something is new
 */
export function fold(
  state: MosaicState,
  events: readonly NumberedEvent[],
): { readonly state: MosaicState; readonly lit: readonly number[] } {
  const owners = state.owners.slice();
  const verified = state.verified.slice();
  const contributors = [...state.contributors];
  const lit = new Set<number>();
  let { version, cellsVerified } = state;
  for (const { id, event } of events) {
    if (!isAfter(id, version)) continue;
    version = id;
    if (event.job !== state.job) continue;
    for (const [tile, cells] of tilesOf(state, event)) {
      const added = Math.min(cells, cellsOf(state, tile) - verified[tile]!);
      if (added <= 0) continue;
      verified[tile] = verified[tile]! + added;
      cellsVerified += added;
      if (owners[tile] === 0) owners[tile] = numberOf(contributors, event.contributor);
      lit.add(tile);
    }
  }
  if (version === state.version) return { state, lit: [] };
  return {
    state: { ...state, owners, verified, contributors, version, cellsVerified },
    lit: Array.from(lit),
  };
}

/** Ids are EPOCH-NUMBER; of another epoch there is nothing to compare. */
export function isAfter(id: string, version: string): boolean {
  const [epoch, number] = id.split('-');
  const [known, last] = version.split('-');
  return epoch === known && Number(number) > Number(last);
}

function numberOf(contributors: string[], contributor: string): number {
  const at = contributors.indexOf(contributor);
  return at >= 0 ? at + 1 : contributors.push(contributor);
}

/** The tiles that a rectangle of cells lies on, and how many of its cells on each. */
function* tilesOf(
  { rows, cols, tileRows, tileCols, across }: MosaicState,
  { row, col, rows: high, cols: wide }: VerifiedEvent,
): Iterable<[tile: number, cells: number]> {
  const [bottom, right] = [Math.min(rows, row + high), Math.min(cols, col + wide)];
  for (let top = row - (row % tileRows); top < bottom; top += tileRows) {
    const tall = Math.min(bottom, top + tileRows) - Math.max(row, top);
    for (let left = col - (col % tileCols); left < right; left += tileCols) {
      const broad = Math.min(right, left + tileCols) - Math.max(col, left);
      yield [(top / tileRows) * across + left / tileCols, tall * broad];
    }
  }
}
