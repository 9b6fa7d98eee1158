// Element: int8 operands, int32 results, exact, for adapters without dot4I8Packed: bytes are taken out one by
// one and multiplied as int32. A word holds four values.

alias Sum = i32;
alias Part = i32;
alias Chunk = vec4<i32>;

const WINDOWED = false;

fn chunk(bits: vec4<u32>) -> Chunk {
  return bitcast<vec4<i32>>(bits);
}

fn products(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
  return extractBits(a, 0u, 8u) * extractBits(b, 0u, 8u)
    + extractBits(a, 8u, 8u) * extractBits(b, 8u, 8u)
    + extractBits(a, 16u, 8u) * extractBits(b, 16u, 8u)
    + extractBits(a, 24u, 8u) * extractBits(b, 24u, 8u);
}

fn dotChunk(a: Chunk, b: Chunk) -> Part {
  let sums = products(a, b);
  return sums.x + sums.y + sums.z + sums.w;
}

fn addChunk(sum: vec4<Part>, a: Chunk, b0: Chunk, b1: Chunk, b2: Chunk, b3: Chunk) -> vec4<Part> {
  return sum + vec4<Part>(dotChunk(a, b0), dotChunk(a, b1), dotChunk(a, b2), dotChunk(a, b3));
}

fn addWord(sum: vec4<Part>, a: u32, b: vec4<u32>) -> vec4<Part> {
  return sum + products(vec4<i32>(bitcast<i32>(a)), bitcast<vec4<i32>>(b));
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return part;
}
