// Element: binary16 operands, summed in float32, widened bit by bit: for adapters that flush subnormal halves
// in unpack2x16float. A word holds two values.

alias Sum = f32;
alias Part = f32;
alias Chunk = mat2x4<f32>;

const WINDOWED = false;

// Four halves, each in the low 16 bits.
fn widen(h: vec4<u32>) -> vec4<f32> {
  let sign = (h & vec4<u32>(0x8000u)) << vec4<u32>(16u);
  let fraction = h & vec4<u32>(0x3ffu);
  let normal = ((h & vec4<u32>(0x7fffu)) << vec4<u32>(13u)) + vec4<u32>(112u << 23u);
  // A subnormal half is an ordinary float32.
  let subnormal = bitcast<vec4<u32>>(vec4<f32>(fraction) * 0x1p-24f);
  let magnitude = select(normal, subnormal, (h & vec4<u32>(0x7c00u)) == vec4<u32>(0u));
  return bitcast<vec4<f32>>(magnitude | sign);
}

fn chunk(bits: vec4<u32>) -> Chunk {
  let low = bits & vec4<u32>(0xffffu);
  let high = bits >> vec4<u32>(16u);
  return Chunk(
    widen(vec4<u32>(low.x, high.x, low.y, high.y)),
    widen(vec4<u32>(low.z, high.z, low.w, high.w)),
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
  let left = widen(vec4<u32>(a & 0xffffu, a >> 16u, 0u, 0u));
  let low = fma(vec4<f32>(left.x), widen(b & vec4<u32>(0xffffu)), sum);
  return fma(vec4<f32>(left.y), widen(b >> vec4<u32>(16u)), low);
}

fn total(part: vec4<Part>) -> vec4<Sum> {
  return part;
}
