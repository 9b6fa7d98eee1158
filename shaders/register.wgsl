// Loop: 4 x 4 results a thread, in registers only. Workgroup memory and barriers are what software adapters
// are worst at, and Apple's GPUs do without them too. Threads along x share the results and take turns at K.

alias Operand = vec4<u32>;
alias Result = vec4<Sum>;

const DEEP = 1u;
const ACROSS = 8u;
const DOWN = 8u;

@compute @workgroup_size(DEEP, ACROSS, DOWN)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let tile = tileOf(group.x);
  let row = tile.row + local.z * 4u;
  let column = tile.column + local.y * 4u;

  var c0 = vec4<Sum>();
  var c1 = vec4<Sum>();
  var c2 = vec4<Sum>();
  var c3 = vec4<Sum>();
  for (var p = tile.firstPair + params.pairFrom; p < tile.firstPair + params.pairTo; p++) {
    let pair = pairs[p];
    let vecs = pair.z;
    let a = pair.x * PAGE_VECS + row * vecs;
    let b = pair.y * PAGE_VECS + column * vecs;
    var part0 = vec4<Part>();
    var part1 = vec4<Part>();
    var part2 = vec4<Part>();
    var part3 = vec4<Part>();
    for (var k = local.x; k < vecs; k += DEEP) {
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
    }
    c0 += total(part0);
    c1 += total(part1);
    c2 += total(part2);
    c3 += total(part3);
  }
  deliver(resultAt(tile.page, row, column), local, array<vec4<Sum>, 4>(c0, c1, c2, c3));
}
