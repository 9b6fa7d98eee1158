/** The visitor's wall: every verified shard lays one tile. For the eye only; the numbers say the same. */
import { html, type TemplateResult } from 'lit';
import type { ContributorStatus } from '../contributor/api.ts';
import { isWorking } from './announce.ts';

/** 8 × 8, as wide as high, as a product's mosaic may be that comes in its place. */
export const TILES = 64;
/** After the wall is full the next round lays over it, with this many patterns in turn. */
const COATS = 3;

/** Which coat a tile wears after `shards` shards: 0 is bare, then 1…3 in turn. */
export function coatOf(tile: number, shards: number): number {
  const laid = Math.floor((shards - tile - 1) / TILES) + 1;
  return laid <= 0 ? 0 : ((laid - 1) % COATS) + 1;
}

/** A fixed scatter of four turns and three glazes, so that the wall looks laid by hand and never flickers. */
function glaze(tile: number): string {
  const scattered = Math.imul(tile + 1, 2_654_435_761) >>> 0;
  return `turn${(scattered >>> 9) & 3} glaze${(scattered >>> 17) % 3}`;
}

export function tileWall(status: ContributorStatus): TemplateResult {
  const { shardsVerified: shards } = status;
  const next = isWorking(status) && status.stage !== 'verified' ? shards % TILES : -1;
  const newest = shards > 0 ? (shards - 1) % TILES : -1;
  return html`<div class="wall" aria-hidden="true">
    ${Array.from({ length: TILES }, (_, tile) => {
      const coat = coatOf(tile, shards);
      const role = tile === next ? ' next' : tile === newest ? ' newest' : '';
      return html`<i class=${`tile ${glaze(tile)}${coat === 0 ? '' : ` coat${coat}`}${role}`}></i>`;
    })}
  </div>`;
}
