// Element: int8 operands, int32 results, exact: four products an instruction (dot4I8Packed). A word holds
// four values.

alias Sum = i32;
alias Part = i32;
alias Chunk = vec4<u32>;

const WINDOWED = false;

fn chunk(bits: vec4<u32>) -> Chunk {
  return bits;
}

fn dotChunk(a: Chunk, b: Chunk) -> Part {
  return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

fn addChunk(sum: vec4<Part>, a: Chunk, b0: Chunk, b1: Chunk, b2: Chunk, b3: Chunk) -> vec4<Part> {
  return sum + vec4<Part>(dotChunk(a, b0), dotChunk(a, b1), dotChunk(a, b2), dotChunk(a, b3));
}

fn addWord(sum: vec4<Part>, a: u32, b: vec4<u32>) -> vec4<Part> {
  return sum + vec4<i32>(dot4I8Packed(a, b.x), dot4I8Packed(a, b.y), dot4I8Packed(a, b.z), dot4I8Packed(a, b.w));
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return part;
}
