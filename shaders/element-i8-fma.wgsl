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

fn dotChunk(a: Chunk, b: Chunk) -> Part {
  return dot(a[0], b[0]) + dot(a[1], b[1]) + dot(a[2], b[2]) + dot(a[3], b[3]);
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
