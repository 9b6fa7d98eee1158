// Loop: one subgroup is the workgroup and computes a tile of 64 x 64 results with the adapter's matrix units,
// straight from the pages (draft feature: gpuweb proposals/subgroup-matrix.md). M, N and K are one of the
// configurations that the adapter lists, SIZE is its one subgroup size.

alias Operand = Component;
alias Result = f32;
alias Left = subgroup_matrix_left<Component, K, M>;
alias Right = subgroup_matrix_right<Component, N, K>;
alias Sums = subgroup_matrix_result<f32, N, M>;

const M = 16u;
const N = 16u;
const K = 16u;
const SIZE = 32u;
const PAGE_VALUES = 131072u; // 256 KiB of components
const TILE = 64u;
const ROWS = TILE / M;
const COLUMNS = TILE / N;

// The last values of rows whose length is no multiple of K, and zeros.
var<workgroup> edgeA: array<Component, TILE * K>;
var<workgroup> edgeB: array<Component, TILE * K>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tileOf(group.x);
  let at = 4u * resultAt(tile.page, tile.row, tile.column);
  let stride = 4u * RESULT_ROW_VECS;

  var c: array<array<Sums, COLUMNS>, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    for (var j = 0u; j < COLUMNS; j++) {
      c[i][j] = subgroupMatrixLoad<Sums, row_major>(&results, at + i * M * stride + j * N, stride);
    }
  }
  for (var p = tile.firstPair + params.pairFrom; p < tile.firstPair + params.pairTo; p++) {
    let pair = pairs[p];
    let values = pair.z * (PAGE_VALUES / PAGE_VECS);
    let a = pair.x * PAGE_VALUES + tile.row * values;
    let b = pair.y * PAGE_VALUES + tile.column * values;
    let whole = values - values % K;
    for (var k = 0u; k < whole; k += K) {
      var right: array<Right, COLUMNS>;
      for (var j = 0u; j < COLUMNS; j++) {
        right[j] = subgroupMatrixLoad<Right, col_major>(&arenaB, b + j * N * values + k, values);
      }
      for (var i = 0u; i < ROWS; i++) {
        let left = subgroupMatrixLoad<Left, row_major>(&arenaA, a + i * M * values + k, values);
        for (var j = 0u; j < COLUMNS; j++) {
          c[i][j] = subgroupMatrixMultiplyAccumulate(left, right[j], c[i][j]);
        }
      }
    }
    if (whole < values) {
      workgroupBarrier();
      for (var e = thread; e < TILE * K; e += SIZE) {
        let k = whole + e % K;
        let inside = k < values;
        edgeA[e] = select(Component(0), arenaA[a + (e / K) * values + min(k, values - 1u)], inside);
        edgeB[e] = select(Component(0), arenaB[b + (e / K) * values + min(k, values - 1u)], inside);
      }
      workgroupBarrier();
      for (var i = 0u; i < ROWS; i++) {
        let left = subgroupMatrixLoad<Left, row_major>(&edgeA, i * M * K, K);
        for (var j = 0u; j < COLUMNS; j++) {
          let right = subgroupMatrixLoad<Right, col_major>(&edgeB, j * N * K, K);
          c[i][j] = subgroupMatrixMultiplyAccumulate(left, right, c[i][j]);
        }
      }
    }
  }
  for (var i = 0u; i < ROWS; i++) {
    for (var j = 0u; j < COLUMNS; j++) {
      subgroupMatrixStore<row_major>(&results, at + i * M * stride + j * N, c[i][j], stride);
    }
  }
}
