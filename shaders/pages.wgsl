// What every kernel shares: C += A * B^T over the pages of the arena (src/gpu/pages.ts).
//
// An operand page holds up to 256 rows of `vecs` vec4<u32>, K contiguous; a page of C 256 x 256 results. Rows
// that a ragged block lacks read whatever the page held before: they stay inside the page, and what they
// produce is dropped when the result is read back.

struct Params {
  tileBase: u32,
  pairFrom: u32,
  pairTo: u32,
  unused: u32,
}

struct Tile {
  page: u32,
  row: u32,
  column: u32,
  firstPair: u32,
}

// The loop says as what it sees them.
@group(0) @binding(0) var<storage, read> arenaA: array<Operand>;
@group(0) @binding(1) var<storage, read> arenaB: array<Operand>;
@group(0) @binding(2) var<storage, read_write> results: array<Result>;
// x = result page << 16 | first row << 8 | first column of the tile in the cell, y = first pair of the cell.
@group(0) @binding(3) var<storage, read> tiles: array<vec2<u32>>;
// x = page of A, y = page of B, z = vec4s in a row.
@group(0) @binding(4) var<storage, read> pairs: array<vec4<u32>>;
@group(0) @binding(5) var<uniform> params: Params;

const PAGE_VECS = 16384u; // 256 KiB / 16
const RESULT_ROW_VECS = 64u; // 256 results / 4

// The tile of a workgroup.
fn tileOf(group: u32) -> Tile {
  let tile = tiles[params.tileBase + group];
  return Tile(tile.x >> 16u, (tile.x >> 8u) & 255u, tile.x & 255u, tile.y);
}

// Where the result at (row, column) of the page is, in vec4s.
fn resultAt(page: u32, row: u32, column: u32) -> u32 {
  return (page * 256u + row) * RESULT_ROW_VECS + column / 4u;
}
