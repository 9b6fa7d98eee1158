import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { AppError } from '../../src/core/errors.ts';
import { detectLayout, ingest } from '../../src/matrix/ingest.ts';
import { loadOperand } from '../../src/matrix/read.ts';
import { parseSafetensors } from '../../src/matrix/safetensors.ts';
import { bytesSource } from '../../src/matrix/source.ts';
import { arrayData, failure, refusal, memoryStore, safetensorsFile } from './arrays.ts';

const tensor = (dtype: string, shape: number[], begin: number, end: number): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const weights = arrayData(
  { dtype: 'f32', littleEndian: true, order: 'C', shape: [2, 3] },
  (i, j) => i * 10 + j,
);
const FILE = safetensorsFile(
  {
    __metadata__: { format: 'pt' },
    bias: tensor('BF16', [4], 0, 8),
    'layer.weight': tensor('F32', [2, 3], 8, 32),
    small: tensor('I8', [2, 2], 32, 36),
  },
  Uint8Array.from([...new Uint8Array(8), ...weights, 1, 2, 3, 4]),
);

const open = (bytes: Uint8Array, name?: string): Promise<unknown> =>
  detectLayout(bytesSource(bytes), name === undefined ? {} : { tensor: name });

describe('one tensor of a .safetensors file', () => {
  it('is found by its name and read in place', async () => {
    const source = bytesSource(FILE);
    const layout = await detectLayout(source, { tensor: 'layer.weight' });
    const store = memoryStore();
    const { manifest } = await ingest(source, { layout, side: 'transpose' }, store.put);
    expect([manifest.rows, manifest.cols]).toEqual([3, 2]);
    expect(Array.from(await loadOperand(manifest, store.fetch))).toEqual([0, 10, 1, 11, 2, 12]);
  });

  it('needs no name when it is the only one', async () => {
    const file = safetensorsFile({ a: tensor('F16', [1, 2], 0, 4) }, new Uint8Array(4));
    expect(await open(file)).toMatchObject({ dtype: 'f16', shape: [1, 2], dataOffset: file.length - 4 });
  });

  it('is asked for by name when there are more, and the error lists them', async () => {
    expect(await failure(() => open(FILE))).toMatchObject(
      refusal('bad-input', /name one tensor.*bias, layer\.weight, small/),
    );
    expect(await failure(() => open(FILE, 'nope'))).toMatchObject(
      refusal('not-found', /no tensor "nope".*bias, layer\.weight, small/),
    );
    expect(await failure(() => open(FILE, '__proto__'))).toMatchObject(
      refusal('not-found', /no tensor "__proto__"/),
    );
  });

  it.each([
    ['BF16', /"a" is BF16, which is not supported/],
    ['I64', /I64/],
    ['toString', /toString/],
  ])('is refused by its type when that is %s', async (dtype, message) => {
    const file = safetensorsFile({ a: tensor(dtype, [2, 2], 0, 8) }, new Uint8Array(8));
    expect(await failure(() => open(file, 'a'))).toMatchObject(refusal('bad-file', message));
  });

  it.each([[[4]], [[1, 2, 2]], [[]], [[0, 4]]])('is refused when its shape is %j', async (shape) => {
    const bytes = shape.length === 0 ? 4 : shape.reduce((a, b) => a * b, 4);
    const file = safetensorsFile({ a: tensor('F32', shape, 0, bytes) }, new Uint8Array(bytes));
    expect(await failure(() => open(file, 'a'))).toMatchObject(refusal('bad-file', /no matrix/));
  });
});

describe('.safetensors files that lie', () => {
  const whole = tensor('F32', [2, 2], 0, 16);

  it.each<[string, object | string, number, RegExp]>([
    ['its data is cut off', { a: whole }, 15, /truncated/],
    ['a tensor overlaps another', { a: whole, b: tensor('F32', [2, 2], 12, 28) }, 28, /"b" overlaps/],
    ['a hole is left between tensors', { a: whole, b: tensor('F32', [2, 2], 20, 36) }, 36, /hole/],
    ['bytes belong to no tensor', { a: whole }, 17, /1 bytes that belong to no tensor/],
    ['offsets do not match the shape', { a: tensor('F32', [2, 3], 0, 16) }, 16, /offsets do not match/],
    ['offsets run backwards', { a: tensor('F32', [2, 2], 16, 0) }, 16, /wrongly/],
    ['offsets are not whole', { a: tensor('F32', [2, 2], 0, 16.5) }, 16, /wrongly/],
    ['a size is beyond exact integers', { a: tensor('F32', [2 ** 60, 2], 0, 16) }, 16, /wrongly/],
    ['an entry is no tensor', { a: null }, 0, /wrongly/],
    ['the header is no object', '[1]', 0, /neither/],
    ['the header is no JSON', '{"a":', 0, /not JSON/],
  ])('are refused when %s', async (_, header, dataBytes, message) => {
    expect(await failure(() => open(safetensorsFile(header, new Uint8Array(dataBytes)), 'a'))).toMatchObject(
      refusal('bad-file', message),
    );
  });

  it('are refused when the header length is beyond the limit or the file', async () => {
    const file = safetensorsFile({ a: whole }, new Uint8Array(16));
    file.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(await failure(() => open(file, 'a'))).toMatchObject(refusal('bad-file', /more than the 16 MiB/));
    file.set([0, 1, 0, 0, 0, 0, 0, 0]);
    expect(await failure(() => open(file, 'a'))).toMatchObject(refusal('bad-file', /truncated/));
    expect(await failure(() => parseSafetensors(bytesSource(new Uint8Array(7))))).toMatchObject(
      refusal('bad-file', /truncated/),
    );
  });

  it('end in an AppError or a layout inside the file, whatever bytes are changed', async () => {
    const change = fc.tuple(fc.nat({ max: FILE.length - 1 }), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Uint8Array.from(FILE);
        for (const [at, value] of changes) bytes[at] = value;
        await open(bytes, 'small').catch((error: unknown) => {
          expect(error).toBeInstanceOf(AppError);
        });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a file that is neither', () => {
  it('is refused, with a hint for .npz', async () => {
    expect(await failure(() => open(utf8.encode('1,2\n3,4\n')))).toMatchObject(
      refusal('bad-file', /neither \.npy nor \.safetensors$/),
    );
    expect(await failure(() => open(new Uint8Array(0)))).toMatchObject(refusal('bad-file', /neither/));
    expect(await failure(() => open(utf8.encode('PK\u0003\u0004')))).toMatchObject(
      refusal('bad-file', /unzip an \.npz/),
    );
  });
});
