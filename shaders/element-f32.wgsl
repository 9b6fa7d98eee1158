// Element: float32 operands and results. A word holds one value.

alias Sum = f32;
alias Part = f32;
alias Chunk = vec4<f32>;

const WINDOWED = false;

fn chunk(bits: vec4<u32>) -> Chunk {
  return bitcast<vec4<f32>>(bits);
}

fn addChunk(sum: vec4<Part>, a: Chunk, b0: Chunk, b1: Chunk, b2: Chunk, b3: Chunk) -> vec4<Part> {
  return addFour(sum, a, b0, b1, b2, b3);
}

fn addWord(sum: vec4<Part>, a: u32, b: vec4<u32>) -> vec4<Part> {
  return fma(vec4<f32>(bitcast<f32>(a)), bitcast<vec4<f32>>(b), sum);
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return part;
}
