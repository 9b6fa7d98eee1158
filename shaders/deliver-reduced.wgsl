// Delivery: the threads that share 4 x 4 results add up their parts in workgroup memory, in a fixed order (the
// same bytes every time), and each adds some of the rows.

var<workgroup> parts: array<array<vec4<Sum>, 4>, DEEP * ACROSS * DOWN>;

fn deliver(at: u32, local: vec3<u32>, c: array<vec4<Sum>, 4>) {
  let first = (local.z * ACROSS + local.y) * DEEP;
  parts[first + local.x] = c;
  workgroupBarrier();
  for (var i = local.x; i < 4u; i += DEEP) {
    var sum = parts[first][i];
    for (var lane = 1u; lane < DEEP; lane++) {
      sum += parts[first + lane][i];
    }
    results[at + i * RESULT_ROW_VECS] += sum;
  }
}
