import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes, fromHex, utf8 } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import { detectLayout, ingest } from '../../src/matrix/ingest.ts';
import { npyHeader, parseNpy, parseNpyHeader } from '../../src/matrix/npy.ts';
import { loadOperand } from '../../src/matrix/read.ts';
import { bytesSource } from '../../src/matrix/source.ts';
import { failure, refusal, memoryStore, npyFile, npyText } from './arrays.ts';

// Written by numpy 2.4.6's np.lib.format.write_array: what stands before the header's text, the text
// (which spaces and a newline fill up to byte 128), the data.
const NUMPY = {
  'i1 C 1.0': [
    '934e554d505901007600',
    "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }",
    '01fe03807f00',
  ],
  'i1 F 1.0': [
    '934e554d505901007600',
    "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }",
    '0180fe7f0300',
  ],
  '<f2 F 2.0': [
    '934e554d5059020074000000',
    "{'descr': '<f2', 'fortran_order': True, 'shape': (2, 3), }",
    '003e010000c00000ff7b0080',
  ],
  '>f2 C 1.0': [
    '934e554d505901007600',
    "{'descr': '>f2', 'fortran_order': False, 'shape': (2, 3), }",
    '3e00c0007bff000100008000',
  ],
  '>f4 C 3.0': [
    '934e554d5059030074000000',
    "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }",
    '3fc00000c0000000477fe000338000000000000080000000',
  ],
  '>f8 F 1.0': [
    '934e554d505901007600',
    "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }",
    '3ff80000000000003e70000000000000c000000000000000000000000000000040effc00000000008000000000000000',
  ],
  '<i4 C 1.0': [
    '934e554d505901007600',
    "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }",
    '01000000feffffff0300000080ffffff7f00000000000000',
  ],
} as const;
type Name = keyof typeof NUMPY;

function numpy(name: Name): Uint8Array {
  const [front, text, data] = NUMPY[name];
  return concatBytes([
    fromHex(front),
    utf8.encode(`${text.padEnd(127 - front.length / 2)}\n`),
    fromHex(data),
  ]);
}

const INTS = [1, -2, 3, -128, 127, 0];
const FLOATS = [1.5, -2, 65504, 2 ** -24, 0, -0];

describe('files that numpy wrote', () => {
  it.each<[Name, number[]]>([
    ['i1 C 1.0', INTS],
    ['i1 F 1.0', INTS],
    ['>f4 C 3.0', FLOATS],
    ['>f8 F 1.0', FLOATS],
    ['<f2 F 2.0', FLOATS],
    ['>f2 C 1.0', FLOATS],
  ])('reads %s', async (name, values) => {
    const source = bytesSource(numpy(name));
    const store = memoryStore();
    const layout = await detectLayout(source);
    const as = layout.dtype === 'i8' ? undefined : 'f32';
    const { manifest } = await ingest(source, { layout, side: 'rows', as }, store.put);
    expect([manifest.rows, manifest.cols]).toEqual([2, 3]);
    expect(Array.from(await loadOperand(manifest, store.fetch))).toEqual(values);
  });

  it('writes the same header as numpy', () => {
    for (const [dtype, name] of [
      ['i8', 'i1 C 1.0'],
      ['i32', '<i4 C 1.0'],
    ] as const) {
      const file = numpy(name);
      const header = npyHeader({ dtype, rows: 2, cols: 3 });
      expect(bytesEqual(header, file.subarray(0, 128))).toBe(true);
    }
  });
});

describe('npyHeader', () => {
  it('is a multiple of 64 bytes and says what it was told, at any shape', () => {
    const size = fc.integer({ min: 1, max: 0x7fffffff });
    fc.assert(
      fc.property(size, size, fc.constantFrom('i8', 'f16', 'f32', 'i32'), (rows, cols, dtype) => {
        const header = npyHeader({ dtype, rows, cols });
        expect(header.length % 64).toBe(0);
        const parsed = parseNpyHeader(header);
        expect(parsed).toMatchObject({ shape: [rows, cols], fortranOrder: false, dataOffset: header.length });
        expect(parsed.descr).toBe({ i8: '|i1', f16: '<f2', f32: '<f4', i32: '<i4' }[dtype]);
      }),
    );
  });
});

describe('what a .npy header may say', () => {
  it('accepts other spellings of the same literal', () => {
    for (const text of [
      `{"shape":(2,3),"descr":"<f4","fortran_order":False}`,
      `{'descr': ('<f4'), 'fortran_order': False, 'shape': (2L, 3L)} \t `,
    ]) {
      expect(parseNpy(npyFile(text, new Uint8Array(24)), npyFile(text).length + 24).shape).toEqual([2, 3]);
    }
  });

  it.each([
    [`'|u1'`, /^uint8 \(u1\) is not supported: convert with a\.astype\(np\.int8\)$/],
    [`'|b1'`, /^bool \(b1\) is not supported: convert with a\.astype\(np\.int8\)$/],
    [`'<i8'`, /^int64 \(i8\) is not supported: convert with a\.astype\(np\.float32\)/],
    [`'>u2'`, /^uint16 \(u2\)/],
    [`'<f16'`, /^float128 \(f16\) is not supported: convert with a\.astype\(np\.float32\)$/],
    [`'<c8'`, /^complex64 \(c8\) is not supported/],
    [`'<M8[ns]'`, /datetime \(M8\)/],
    [`'<U3'`, /str \(U3\)/],
    [`'|O'`, /object \(O\)/],
    [`'|V2'`, /void \(V2\).*bfloat16/],
    [`'constructor'`, /not supported/],
    [`'=f4'`, /not supported/],
    [`'<f4,<f4'`, /not supported/],
    [`''`, /not supported/],
    [`[('x', '<f4'), ('y', '<i2', (2,))]`, /structured arrays are not supported/],
  ])('refuses the type %s by its name', async (descr, message) => {
    const file = npyFile(npyText(descr, '(2, 3)'), new Uint8Array(24));
    expect(await failure(() => parseNpy(file, file.length))).toMatchObject(refusal('bad-file', message));
  });

  it.each([
    ['()', /0 dimensions/],
    ['(3,)', /1 dimensions, shape \(3,\): make it a matrix with a\.reshape\(1, -1\)/],
    ['(1, 2, 3)', /3 dimensions, shape \(1, 2, 3\)/],
    ['(0, 3)', /empty/],
    ['(-1, 3)', /not a dictionary/],
    ['(2.5, 3)', /not a Python literal/],
    ['(99999999999999999, 3)', /not a Python literal/],
    ['[2, 3]', /not a dictionary/],
    ["('2', 3)", /not a dictionary/],
  ])('refuses the shape %s', async (shape, message) => {
    const file = npyFile(npyText(`'<f4'`, shape), new Uint8Array(24));
    expect(await failure(() => parseNpy(file, file.length))).toMatchObject(refusal('bad-file', message));
  });

  it.each([
    [' ', /not a well-formed/],
    ['[]', /not a dictionary/],
    ['{}', /not a dictionary/],
    [`${npyText(`'<f4'`, '(2, 3)')} 1`, /not a well-formed/],
    [`__import__('os').system('true')`, /not a Python literal/],
    [`{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}`, /twice/],
    [`{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}`, /not a dictionary/],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}`, /not a dictionary/],
    [`{'descr': '<f\\x34', 'fortran_order': False, 'shape': (2, 3)}`, /not a Python literal/],
    ['('.repeat(40), /nested too deeply/],
  ])('refuses the header %j', async (text, message) => {
    expect(await failure(() => parseNpyHeader(npyFile(text)))).toMatchObject(refusal('bad-file', message));
  });
});

describe('.npy files that lie', () => {
  const file = npyFile(npyText(`'<f4'`, '(2, 3)'), new Uint8Array(24));

  it('are refused at every length but the right one', async () => {
    for (let length = 0; length < file.length; length++) {
      const prefix = file.subarray(0, length);
      expect(await failure(() => detectLayout(bytesSource(prefix)))).toMatchObject(
        refusal('bad-file', /truncated|not a \.npy|neither/),
      );
    }
    const longer = concatBytes([file, new Uint8Array(1)]);
    expect(await failure(() => detectLayout(bytesSource(longer)))).toMatchObject(
      refusal('bad-file', /1 bytes more/),
    );
  });

  it('cannot make the parser read a huge header or an unknown version', async () => {
    const huge = npyFile(npyText(`'<f4'`, '(2, 3)'), new Uint8Array(24), 2);
    huge.set([0xff, 0xff, 0xff, 0xff], 8);
    expect(await failure(() => parseNpy(huge, huge.length))).toMatchObject(
      refusal('bad-file', /claims 4294967295 bytes/),
    );
    const future = Uint8Array.from(file);
    future[6] = 4;
    expect(await failure(() => parseNpy(future, future.length))).toMatchObject(
      refusal('bad-file', /version 4\.0/),
    );
  });

  it('are judged by their prefix alone', () => {
    const prefix = file.subarray(0, file.length - 24);
    expect(parseNpy(prefix, file.length)).toMatchObject({
      dtype: 'f32',
      dataOffset: prefix.length,
      shape: [2, 3],
    });
  });

  it('end in an AppError or a layout inside the file, whatever bytes are changed', () => {
    const change = fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = Uint8Array.from(file);
        for (const [at, value] of changes) bytes[at] = value;
        expectTotal(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('end in an AppError or a layout inside the file, whatever the header text is', () => {
    const words = ['{', '}', '(', ')', '[', ']', ',', ':', "'descr'", "'<f4'", "'shape'", "'fortran_order'"];
    const piece = fc.oneof(fc.constantFrom(...words, 'True', 'None', '7', ' '), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expectTotal(npyFile(pieces.join(''), new Uint8Array(8), 3));
      }),
      { numRuns: 2000 },
    );
  });
});

function expectTotal(bytes: Uint8Array): void {
  try {
    const layout = parseNpy(bytes, bytes.length);
    expect(layout.dataOffset).toBeLessThanOrEqual(bytes.length);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('bad-file');
  }
}
