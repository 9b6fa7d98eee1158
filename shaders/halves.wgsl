// What both elements of binary16 share: a chunk is eight values, widened to float32.

alias Sum = f32;
alias Part = f32;
alias Chunk = mat2x4<f32>;

const WINDOWED = false;

fn addChunk(sum: vec4<Part>, a: Chunk, b0: Chunk, b1: Chunk, b2: Chunk, b3: Chunk) -> vec4<Part> {
  let sum0 = addFour(sum, a[0], b0[0], b1[0], b2[0], b3[0]);
  return addFour(sum0, a[1], b0[1], b1[1], b2[1], b3[1]);
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return part;
}
