/**
 * An ONNX model of one node, as bytes: just enough of the protobuf encoding of onnx.proto (ONNX IR 8) to
 * ask onnxruntime for a single matrix product.
 */

/** TensorProto.DataType. */
export const ONNX_TYPE = { float32: 1, uint8: 2, int8: 3, int32: 6, float16: 10 } as const;
export type OnnxType = keyof typeof ONNX_TYPE;

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly dims: readonly number[];
}

export interface OneNode {
  readonly op: string;
  /** @default '', the domain of the standard operators */
  readonly domain?: string;
  readonly opset: number;
  readonly inputs: readonly OnnxTensor[];
  readonly output: OnnxTensor;
  /** Integer attributes. */
  readonly attributes?: Readonly<Record<string, number>>;
}

const IR_VERSION = 8;
/** AttributeProto.AttributeType.INT */
const ATTRIBUTE_INT = 2;
const utf8 = new TextEncoder();

/** Base-128, little end first; for whole numbers from 0 to 2⁵³. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return bytes;
}

const int = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, content: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, value: string): number[] => bytes(field, [...utf8.encode(value)]);

/** ValueInfoProto: name, type → tensor_type → elem_type, shape → dim → dim_value. */
function valueInfo({ name, type, dims }: OnnxTensor): number[] {
  const shape = dims.flatMap((dim) => bytes(1, int(1, dim)));
  return [...text(1, name), ...bytes(2, bytes(1, [...int(1, ONNX_TYPE[type]), ...bytes(2, shape)]))];
}

/** ModelProto with a graph of one node. */
export function encodeModel(node: OneNode): Uint8Array {
  const { op, domain = '', opset, inputs, output, attributes = {} } = node;
  const nodeProto = [
    ...inputs.flatMap(({ name }) => text(1, name)),
    ...text(2, output.name),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      bytes(5, [...text(1, name), ...int(3, value), ...int(20, ATTRIBUTE_INT)]),
    ),
    ...text(7, domain),
  ];
  const graph = [
    ...bytes(1, nodeProto),
    ...text(2, 'one-node'),
    ...inputs.flatMap((input) => bytes(11, valueInfo(input))),
    ...bytes(12, valueInfo(output)),
  ];
  const operators = [...text(1, domain), ...int(2, opset)];
  return Uint8Array.from([...int(1, IR_VERSION), ...bytes(8, operators), ...bytes(7, graph)]);
}
