// C += A * B^T for binary16 operands, float32 sums and results. Needs no `shader-f16`.
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
@group(0) @binding(2) var<storage, read_write> results: array<vec4<f32>>;
// x = result page * 64 + tile in the cell (row-major, 8 x 8), y = first pair of the cell.
@group(0) @binding(3) var<storage, read> tiles: array<vec2<u32>>;
// x = page of A, y = page of B, z = vec4s in a row.
@group(0) @binding(4) var<storage, read> pairs: array<vec4<u32>>;
@group(0) @binding(5) var<uniform> params: Params;

const PAGE_VECS = 16384u; // 256 KiB / 16
const RESULT_ROW_VECS = 64u; // 256 results / 4

fn low(v: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(v.x), unpack2x16float(v.y));
}

fn high(v: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(v.z), unpack2x16float(v.w));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let tile = tiles[params.tileBase + group.x];
  let row = ((tile.x >> 3u) & 7u) * 32u + local.y * 4u;
  let column = (tile.x & 7u) * 32u + local.x * 4u;

  var c0 = vec4<f32>();
  var c1 = vec4<f32>();
  var c2 = vec4<f32>();
  var c3 = vec4<f32>();
  for (var p = tile.y + params.pairFrom; p < tile.y + params.pairTo; p++) {
    let pair = pairs[p];
    let vecs = pair.z;
    let a = pair.x * PAGE_VECS + row * vecs;
    let b = pair.y * PAGE_VECS + column * vecs;
    for (var k = 0u; k < vecs; k++) {
      let b0 = arenaB[b + k];
      let b0l = low(b0);
      let b0h = high(b0);
      let b1 = arenaB[b + k + vecs];
      let b1l = low(b1);
      let b1h = high(b1);
      let b2 = arenaB[b + k + 2u * vecs];
      let b2l = low(b2);
      let b2h = high(b2);
      let b3 = arenaB[b + k + 3u * vecs];
      let b3l = low(b3);
      let b3h = high(b3);
      let a0 = arenaA[a + k];
      let a0l = low(a0);
      let a0h = high(a0);
      c0 += vec4<f32>(
        dot(a0l, b0l) + dot(a0h, b0h),
        dot(a0l, b1l) + dot(a0h, b1h),
        dot(a0l, b2l) + dot(a0h, b2h),
        dot(a0l, b3l) + dot(a0h, b3h),
      );
      let a1 = arenaA[a + k + vecs];
      let a1l = low(a1);
      let a1h = high(a1);
      c1 += vec4<f32>(
        dot(a1l, b0l) + dot(a1h, b0h),
        dot(a1l, b1l) + dot(a1h, b1h),
        dot(a1l, b2l) + dot(a1h, b2h),
        dot(a1l, b3l) + dot(a1h, b3h),
      );
      let a2 = arenaA[a + k + 2u * vecs];
      let a2l = low(a2);
      let a2h = high(a2);
      c2 += vec4<f32>(
        dot(a2l, b0l) + dot(a2h, b0h),
        dot(a2l, b1l) + dot(a2h, b1h),
        dot(a2l, b2l) + dot(a2h, b2h),
        dot(a2l, b3l) + dot(a2h, b3h),
      );
      let a3 = arenaA[a + k + 3u * vecs];
      let a3l = low(a3);
      let a3h = high(a3);
      c3 += vec4<f32>(
        dot(a3l, b0l) + dot(a3h, b0h),
        dot(a3l, b1l) + dot(a3h, b1h),
        dot(a3l, b2l) + dot(a3h, b2h),
        dot(a3l, b3l) + dot(a3h, b3h),
      );
    }
  }

  let at = ((tile.x >> 6u) * 256u + row) * RESULT_ROW_VECS + column / 4u;
  results[at] += c0;
  results[at + RESULT_ROW_VECS] += c1;
  results[at + 2u * RESULT_ROW_VECS] += c2;
  results[at + 3u * RESULT_ROW_VECS] += c3;
}
