// Delivery: each thread adds its own 4 x 4 results.

fn deliver(at: u32, local: vec3<u32>, c: array<vec4<Sum>, 4>) {
  results[at] += c[0];
  results[at + RESULT_ROW_VECS] += c[1];
  results[at + 2u * RESULT_ROW_VECS] += c[2];
  results[at + 3u * RESULT_ROW_VECS] += c[3];
}
