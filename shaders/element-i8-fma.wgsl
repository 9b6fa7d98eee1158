// Element: int8 operands, int32 results, exact, through float32 units, for adapters whose integer units are
// slow. A float32 counts exactly to 2^24 = 1,024 * 128 * 128, and a block holds at most 1,024 values of K: sums
// over one pair of blocks are exact, and the loop turns them into int32 after each. A word holds four values.

alias Sum = i32;
alias Part = f32;
alias Chunk = mat4x4<f32>;

const WINDOWED = true;

fn bytes(word: u32) -> vec4<f32> {
  return vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
}

fn chunk(bits: vec4<u32>) -> Chunk {
  return Chunk(bytes(bits.x), bytes(bits.y), bytes(bits.z), bytes(bits.w));
}

fn addChunk(sum: vec4<Part>, a: Chunk, b0: Chunk, b1: Chunk, b2: Chunk, b3: Chunk) -> vec4<Part> {
  let sum0 = addFour(sum, a[0], b0[0], b1[0], b2[0], b3[0]);
  let sum1 = addFour(sum0, a[1], b0[1], b1[1], b2[1], b3[1]);
  let sum2 = addFour(sum1, a[2], b0[2], b1[2], b2[2], b3[2]);
  return addFour(sum2, a[3], b0[3], b1[3], b2[3], b3[3]);
}

fn addWord(sum: vec4<Part>, a: u32, b: vec4<u32>) -> vec4<Part> {
  let left = bytes(a);
  let right = transpose(Chunk(bytes(b.x), bytes(b.y), bytes(b.z), bytes(b.w)));
  let low = fma(vec4<f32>(left.y), right[1], fma(vec4<f32>(left.x), right[0], sum));
  return fma(vec4<f32>(left.w), right[3], fma(vec4<f32>(left.z), right[2], low));
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return vec4<i32>(part);
}
