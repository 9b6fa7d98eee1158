// Loop: 8 x 8 results a thread, in registers only: half of the loads that 4 x 4 needs for each product, for
// four times the registers.

alias Operand = vec4<u32>;
alias Result = vec4<Sum>;

const ACROSS = 8u;
const DOWN = 8u;

fn addRow(at: u32, left: vec4<Sum>, right: vec4<Sum>) {
  results[at] += left;
  results[at + 1u] += right;
}

@compute @workgroup_size(ACROSS, DOWN)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let tile = tileOf(group.x);
  let row = tile.row + local.y * 8u;
  let column = tile.column + local.x * 8u;

  var c0l = vec4<Sum>();
  var c0r = vec4<Sum>();
  var c1l = vec4<Sum>();
  var c1r = vec4<Sum>();
  var c2l = vec4<Sum>();
  var c2r = vec4<Sum>();
  var c3l = vec4<Sum>();
  var c3r = vec4<Sum>();
  var c4l = vec4<Sum>();
  var c4r = vec4<Sum>();
  var c5l = vec4<Sum>();
  var c5r = vec4<Sum>();
  var c6l = vec4<Sum>();
  var c6r = vec4<Sum>();
  var c7l = vec4<Sum>();
  var c7r = vec4<Sum>();
  for (var p = tile.firstPair + params.pairFrom; p < tile.firstPair + params.pairTo; p++) {
    let pair = pairs[p];
    let vecs = pair.z;
    let a = pair.x * PAGE_VECS + row * vecs;
    let b = pair.y * PAGE_VECS + column * vecs;
    var part0l = vec4<Part>();
    var part0r = vec4<Part>();
    var part1l = vec4<Part>();
    var part1r = vec4<Part>();
    var part2l = vec4<Part>();
    var part2r = vec4<Part>();
    var part3l = vec4<Part>();
    var part3r = vec4<Part>();
    var part4l = vec4<Part>();
    var part4r = vec4<Part>();
    var part5l = vec4<Part>();
    var part5r = vec4<Part>();
    var part6l = vec4<Part>();
    var part6r = vec4<Part>();
    var part7l = vec4<Part>();
    var part7r = vec4<Part>();
    for (var k = 0u; k < vecs; k++) {
      let b0 = chunk(arenaB[b + k]);
      let b1 = chunk(arenaB[b + k + vecs]);
      let b2 = chunk(arenaB[b + k + 2u * vecs]);
      let b3 = chunk(arenaB[b + k + 3u * vecs]);
      let b4 = chunk(arenaB[b + k + 4u * vecs]);
      let b5 = chunk(arenaB[b + k + 5u * vecs]);
      let b6 = chunk(arenaB[b + k + 6u * vecs]);
      let b7 = chunk(arenaB[b + k + 7u * vecs]);
      let a0 = chunk(arenaA[a + k]);
      part0l = addChunk(part0l, a0, b0, b1, b2, b3);
      part0r = addChunk(part0r, a0, b4, b5, b6, b7);
      let a1 = chunk(arenaA[a + k + vecs]);
      part1l = addChunk(part1l, a1, b0, b1, b2, b3);
      part1r = addChunk(part1r, a1, b4, b5, b6, b7);
      let a2 = chunk(arenaA[a + k + 2u * vecs]);
      part2l = addChunk(part2l, a2, b0, b1, b2, b3);
      part2r = addChunk(part2r, a2, b4, b5, b6, b7);
      let a3 = chunk(arenaA[a + k + 3u * vecs]);
      part3l = addChunk(part3l, a3, b0, b1, b2, b3);
      part3r = addChunk(part3r, a3, b4, b5, b6, b7);
      let a4 = chunk(arenaA[a + k + 4u * vecs]);
      part4l = addChunk(part4l, a4, b0, b1, b2, b3);
      part4r = addChunk(part4r, a4, b4, b5, b6, b7);
      let a5 = chunk(arenaA[a + k + 5u * vecs]);
      part5l = addChunk(part5l, a5, b0, b1, b2, b3);
      part5r = addChunk(part5r, a5, b4, b5, b6, b7);
      let a6 = chunk(arenaA[a + k + 6u * vecs]);
      part6l = addChunk(part6l, a6, b0, b1, b2, b3);
      part6r = addChunk(part6r, a6, b4, b5, b6, b7);
      let a7 = chunk(arenaA[a + k + 7u * vecs]);
      part7l = addChunk(part7l, a7, b0, b1, b2, b3);
      part7r = addChunk(part7r, a7, b4, b5, b6, b7);
    }
    c0l += total(part0l);
    c0r += total(part0r);
    c1l += total(part1l);
    c1r += total(part1r);
    c2l += total(part2l);
    c2r += total(part2r);
    c3l += total(part3l);
    c3r += total(part3r);
    c4l += total(part4l);
    c4r += total(part4r);
    c5l += total(part5l);
    c5r += total(part5r);
    c6l += total(part6l);
    c6r += total(part6r);
    c7l += total(part7l);
    c7r += total(part7r);
  }

  let at = resultAt(tile.page, row, column);
  addRow(at, c0l, c0r);
  addRow(at + RESULT_ROW_VECS, c1l, c1r);
  addRow(at + 2u * RESULT_ROW_VECS, c2l, c2r);
  addRow(at + 3u * RESULT_ROW_VECS, c3l, c3r);
  addRow(at + 4u * RESULT_ROW_VECS, c4l, c4r);
  addRow(at + 5u * RESULT_ROW_VECS, c5l, c5r);
  addRow(at + 6u * RESULT_ROW_VECS, c6l, c6r);
  addRow(at + 7u * RESULT_ROW_VECS, c7l, c7r);
}
