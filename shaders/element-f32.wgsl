// Element: float32 operands and results. A word holds one value.

alias Sum = f32;
alias Part = f32;
alias Chunk = vec4<f32>;

const WINDOWED = false;

fn chunk(bits: vec4<u32>) -> Chunk {
  return bitcast<vec4<f32>>(bits);
}

fn addChunk(sum: vec4<Part>, a: Chunk, b0: Chunk, b1: Chunk, b2: Chunk, b3: Chunk) -> vec4<Part> {
  let x = fma(vec4<f32>(a.x), vec4<f32>(b0.x, b1.x, b2.x, b3.x), sum);
  let y = fma(vec4<f32>(a.y), vec4<f32>(b0.y, b1.y, b2.y, b3.y), x);
  let z = fma(vec4<f32>(a.z), vec4<f32>(b0.z, b1.z, b2.z, b3.z), y);
  return fma(vec4<f32>(a.w), vec4<f32>(b0.w, b1.w, b2.w, b3.w), z);
}

fn addWord(sum: vec4<Part>, a: u32, b: vec4<u32>) -> vec4<Part> {
  return fma(vec4<f32>(bitcast<f32>(a)), bitcast<vec4<f32>>(b), sum);
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return part;
}
