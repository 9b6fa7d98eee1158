// Element: binary16 operands, summed in float32. A word holds two values. Works without shader-f16.

alias Sum = f32;
alias Part = f32;
alias Chunk = mat2x4<f32>;

const WINDOWED = false;

fn chunk(bits: vec4<u32>) -> Chunk {
  return Chunk(
    vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y)),
    vec4<f32>(unpack2x16float(bits.z), unpack2x16float(bits.w)),
  );
}

// sum[j] + a . bj
fn addFour(sum: vec4<f32>, a: vec4<f32>, b0: vec4<f32>, b1: vec4<f32>, b2: vec4<f32>, b3: vec4<f32>) -> vec4<f32> {
  let x = fma(vec4<f32>(a.x), vec4<f32>(b0.x, b1.x, b2.x, b3.x), sum);
  let y = fma(vec4<f32>(a.y), vec4<f32>(b0.y, b1.y, b2.y, b3.y), x);
  let z = fma(vec4<f32>(a.z), vec4<f32>(b0.z, b1.z, b2.z, b3.z), y);
  return fma(vec4<f32>(a.w), vec4<f32>(b0.w, b1.w, b2.w, b3.w), z);
}

fn addChunk(sum: vec4<Part>, a: Chunk, b0: Chunk, b1: Chunk, b2: Chunk, b3: Chunk) -> vec4<Part> {
  let sum0 = addFour(sum, a[0], b0[0], b1[0], b2[0], b3[0]);
  return addFour(sum0, a[1], b0[1], b1[1], b2[1], b3[1]);
}

fn addWord(sum: vec4<Part>, a: u32, b: vec4<u32>) -> vec4<Part> {
  let left = unpack2x16float(a);
  let b0 = unpack2x16float(b.x);
  let b1 = unpack2x16float(b.y);
  let b2 = unpack2x16float(b.z);
  let b3 = unpack2x16float(b.w);
  let low = fma(vec4<f32>(left.x), vec4<f32>(b0.x, b1.x, b2.x, b3.x), sum);
  return fma(vec4<f32>(left.y), vec4<f32>(b0.y, b1.y, b2.y, b3.y), low);
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return part;
}
