// Four products of four values each, as chains of fused multiply-adds.

// sum[j] + a . bj
fn addFour(sum: vec4<f32>, a: vec4<f32>, b0: vec4<f32>, b1: vec4<f32>, b2: vec4<f32>, b3: vec4<f32>) -> vec4<f32> {
  let x = fma(vec4<f32>(a.x), vec4<f32>(b0.x, b1.x, b2.x, b3.x), sum);
  let y = fma(vec4<f32>(a.y), vec4<f32>(b0.y, b1.y, b2.y, b3.y), x);
  let z = fma(vec4<f32>(a.z), vec4<f32>(b0.z, b1.z, b2.z, b3.z), y);
  return fma(vec4<f32>(a.w), vec4<f32>(b0.w, b1.w, b2.w, b3.w), z);
}
