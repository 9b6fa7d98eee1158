import { describe, expect, it } from 'vitest';
import { encodeModel, varint } from './onnx-model.ts';

describe('varint', () => {
  it('encodes as protobuf does', () => {
    expect(varint(0)).toEqual([0]);
    expect(varint(127)).toEqual([127]);
    expect(varint(128)).toEqual([128, 1]);
    expect(varint(300)).toEqual([172, 2]);
    expect(varint(2 ** 32)).toEqual([128, 128, 128, 128, 16]);
  });
});

describe('encodeModel', () => {
  it('writes the messages of onnx.proto', () => {
    const model = encodeModel({
      op: 'MatMul',
      opset: 17,
      inputs: [{ name: 'a', type: 'float32', dims: [2, 300] }],
      output: { name: 'c', type: 'float16', dims: [1] },
      attributes: { K: 300 },
    });
    const hex = Buffer.from(model).toString('hex');
    const tensor = (letter: string, type: string, dims: string, length: string, lengths: readonly string[]) =>
      `${length}0a01${letter}12${lengths[0]}0a${lengths[1]}08${type}12${lengths[2]}${dims}`;
    // ir_version 8; opset_import { domain '', version 17 }
    expect(hex.startsWith('080842040a001011')).toBe(true);
    // node { input a, output c, op_type MatMul, attribute { name K, i 300, type INT }, domain '' }
    expect(hex).toContain('0a016112016322064d61744d756c2a090a014b18ac02a001023a00');
    // graph.input and graph.output, with their element types and dims
    expect(hex).toContain('5a' + tensor('61', '01', '0a0208020a0308ac02', '14', ['0f', '0d', '09']));
    expect(hex).toContain('62' + tensor('63', '0a', '0a020801', '0f', ['0a', '08', '04']));
  });
});
