// Element: binary16 operands, summed in float32, widened bit by bit: for adapters that flush subnormal halves
// in unpack2x16float. A word holds two values.

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

fn addWord(sum: vec4<Part>, a: u32, b: vec4<u32>) -> vec4<Part> {
  let left = widen(vec4<u32>(a & 0xffffu, a >> 16u, 0u, 0u));
  let low = fma(vec4<f32>(left.x), widen(b & vec4<u32>(0xffffu)), sum);
  return fma(vec4<f32>(left.y), widen(b >> vec4<u32>(16u)), low);
}
