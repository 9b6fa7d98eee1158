// Loop: 8 x 4 results a thread, in registers only: three quarters of the loads that 4 x 4 needs for each
// product, for twice the registers.

alias Operand = vec4<u32>;
alias Result = vec4<Sum>;

const ACROSS = 8u;
const DOWN = 8u;

@compute @workgroup_size(ACROSS, DOWN)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let tile = tileOf(group.x);
  let row = tile.row + local.y * 8u;
  let column = tile.column + local.x * 4u;

  var c0 = vec4<Sum>();
  var c1 = vec4<Sum>();
  var c2 = vec4<Sum>();
  var c3 = vec4<Sum>();
  var c4 = vec4<Sum>();
  var c5 = vec4<Sum>();
  var c6 = vec4<Sum>();
  var c7 = vec4<Sum>();
  for (var p = tile.firstPair + params.pairFrom; p < tile.firstPair + params.pairTo; p++) {
    let pair = pairs[p];
    let vecs = pair.z;
    let a = pair.x * PAGE_VECS + row * vecs;
    let b = pair.y * PAGE_VECS + column * vecs;
    var part0 = vec4<Part>();
    var part1 = vec4<Part>();
    var part2 = vec4<Part>();
    var part3 = vec4<Part>();
    var part4 = vec4<Part>();
    var part5 = vec4<Part>();
    var part6 = vec4<Part>();
    var part7 = vec4<Part>();
    for (var k = 0u; k < vecs; k++) {
      let b0 = chunk(arenaB[b + k]);
      let b1 = chunk(arenaB[b + k + vecs]);
      let b2 = chunk(arenaB[b + k + 2u * vecs]);
      let b3 = chunk(arenaB[b + k + 3u * vecs]);
      let a0 = chunk(arenaA[a + k]);
      part0 = addChunk(part0, a0, b0, b1, b2, b3);
      let a1 = chunk(arenaA[a + k + vecs]);
      part1 = addChunk(part1, a1, b0, b1, b2, b3);
      let a2 = chunk(arenaA[a + k + 2u * vecs]);
      part2 = addChunk(part2, a2, b0, b1, b2, b3);
      let a3 = chunk(arenaA[a + k + 3u * vecs]);
      part3 = addChunk(part3, a3, b0, b1, b2, b3);
      let a4 = chunk(arenaA[a + k + 4u * vecs]);
      part4 = addChunk(part4, a4, b0, b1, b2, b3);
      let a5 = chunk(arenaA[a + k + 5u * vecs]);
      part5 = addChunk(part5, a5, b0, b1, b2, b3);
      let a6 = chunk(arenaA[a + k + 6u * vecs]);
      part6 = addChunk(part6, a6, b0, b1, b2, b3);
      let a7 = chunk(arenaA[a + k + 7u * vecs]);
      part7 = addChunk(part7, a7, b0, b1, b2, b3);
    }
    c0 += total(part0);
    c1 += total(part1);
    c2 += total(part2);
    c3 += total(part3);
    c4 += total(part4);
    c5 += total(part5);
    c6 += total(part6);
    c7 += total(part7);
  }

  let at = resultAt(tile.page, row, column);
  results[at] += c0;
  results[at + RESULT_ROW_VECS] += c1;
  results[at + 2u * RESULT_ROW_VECS] += c2;
  results[at + 3u * RESULT_ROW_VECS] += c3;
  results[at + 4u * RESULT_ROW_VECS] += c4;
  results[at + 5u * RESULT_ROW_VECS] += c5;
  results[at + 6u * RESULT_ROW_VECS] += c6;
  results[at + 7u * RESULT_ROW_VECS] += c7;
}
