// Element: binary16 operands, summed in float32. A word holds two values. Works without shader-f16.

fn chunk(bits: vec4<u32>) -> Chunk {
  return Chunk(
    vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y)),
    vec4<f32>(unpack2x16float(bits.z), unpack2x16float(bits.w)),
  );
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
