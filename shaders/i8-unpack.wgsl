// C += A * B^T for int8 operands and int32 results, exact: for browsers without
// `packed_4x8_integer_dot_product`.
//
// One workgroup computes one tile of 32 x 32 results: 8 x 8 threads, 4 x 4 results a thread, in registers
// only (workgroup memory and barriers are what software adapters are worst at). An operand page holds up to
// 256 rows of `vecs` vec4<u32>, K contiguous. Rows that a ragged block lacks read whatever the page held
// before: they stay inside the page, and what they produce is dropped when the result is read back.

struct Params {
  tileBase: u32,
  pairFrom: u32,
  pairTo: u32,
  unused: u32,
}

@group(0) @binding(0) var<storage, read> arenaA: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> arenaB: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> results: array<vec4<i32>>;
// x = result page * 64 + tile in the cell (row-major, 8 x 8), y = first pair of the cell.
@group(0) @binding(3) var<storage, read> tiles: array<vec2<u32>>;
// x = page of A, y = page of B, z = vec4s in a row.
@group(0) @binding(4) var<storage, read> pairs: array<vec4<u32>>;
@group(0) @binding(5) var<uniform> params: Params;

const PAGE_VECS = 16384u; // 256 KiB / 16
const RESULT_ROW_VECS = 64u; // 256 results / 4

// Byte j of every word, sign-extended: extractBits of a signed vector sign-extends.
fn dot16(a: vec4<i32>, b: vec4<i32>) -> i32 {
  let sums = extractBits(a, 0u, 8u) * extractBits(b, 0u, 8u)
    + extractBits(a, 8u, 8u) * extractBits(b, 8u, 8u)
    + extractBits(a, 16u, 8u) * extractBits(b, 16u, 8u)
    + extractBits(a, 24u, 8u) * extractBits(b, 24u, 8u);
  return sums.x + sums.y + sums.z + sums.w;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let tile = tiles[params.tileBase + group.x];
  let row = ((tile.x >> 3u) & 7u) * 32u + local.y * 4u;
  let column = (tile.x & 7u) * 32u + local.x * 4u;

  var c0 = vec4<i32>();
  var c1 = vec4<i32>();
  var c2 = vec4<i32>();
  var c3 = vec4<i32>();
  for (var p = tile.y + params.pairFrom; p < tile.y + params.pairTo; p++) {
    let pair = pairs[p];
    let vecs = pair.z;
    let a = pair.x * PAGE_VECS + row * vecs;
    let b = pair.y * PAGE_VECS + column * vecs;
    for (var k = 0u; k < vecs; k++) {
      let b0 = bitcast<vec4<i32>>(arenaB[b + k]);
      let b1 = bitcast<vec4<i32>>(arenaB[b + k + vecs]);
      let b2 = bitcast<vec4<i32>>(arenaB[b + k + 2u * vecs]);
      let b3 = bitcast<vec4<i32>>(arenaB[b + k + 3u * vecs]);
      let a0 = bitcast<vec4<i32>>(arenaA[a + k]);
      c0 += vec4<i32>(dot16(a0, b0), dot16(a0, b1), dot16(a0, b2), dot16(a0, b3));
      let a1 = bitcast<vec4<i32>>(arenaA[a + k + vecs]);
      c1 += vec4<i32>(dot16(a1, b0), dot16(a1, b1), dot16(a1, b2), dot16(a1, b3));
      let a2 = bitcast<vec4<i32>>(arenaA[a + k + 2u * vecs]);
      c2 += vec4<i32>(dot16(a2, b0), dot16(a2, b1), dot16(a2, b2), dot16(a2, b3));
      let a3 = bitcast<vec4<i32>>(arenaA[a + k + 3u * vecs]);
      c3 += vec4<i32>(dot16(a3, b0), dot16(a3, b1), dot16(a3, b2), dot16(a3, b3));
    }
  }

  let at = ((tile.x >> 6u) * 256u + row) * RESULT_ROW_VECS + column / 4u;
  results[at] += c0;
  results[at + RESULT_ROW_VECS] += c1;
  results[at + 2u * RESULT_ROW_VECS] += c2;
  results[at + 3u * RESULT_ROW_VECS] += c3;
}
