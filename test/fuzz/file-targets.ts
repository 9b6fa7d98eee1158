/** What requesters upload and contributors commit to: manifests, lists of hashes, .npy and .safetensors. */
import { bytesEqual, concatBytes, fromHex, utf8, viewOf } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { detectLayout, ingest } from '../../src/matrix/ingest.ts';
import { HASHES_PER_NODE, decodeManifest, encodeManifest, readList } from '../../src/matrix/manifest.ts';
import { npyHeader, parseNpy } from '../../src/matrix/npy.ts';
import { parseSafetensors } from '../../src/matrix/safetensors.ts';
import { arrayBytes, bytesSource } from '../../src/matrix/source.ts';
import { fixture } from '../protocol/fixtures.ts';
import { U32_EDGES, mutateBytes } from './bytes.ts';
import { type Target, type TargetFactory, decoderTarget, oneIn, pick, ready, showBytes } from './target.ts';

const manifestSeeds = (fixture('manifests') as { vectors: { hex: string }[] }).vectors.map(({ hex }) =>
  fromHex(hex),
);

const manifest = decoderTarget(
  'manifest',
  (rng) => mutateBytes(rng, manifestSeeds),
  ['bad-frame'],
  decodeManifest,
  (value, bytes) => {
    if (!bytesEqual(encodeManifest(value), bytes)) throw new Error('accepted another encoding');
  },
);

interface ListInput {
  readonly length: number;
  readonly from: number;
  readonly to: number;
  /** Sizes of the nodes that are served, in the order in which they are asked for. */
  readonly sizes: readonly number[];
}

/** A tree whose nodes have whatever length: what is read is what was asked for, or it is refused. */
const list: Target<ListInput> = {
  name: 'manifest-list',
  make(rng) {
    const length = 1 + randomInt(rng, pick(rng, [1, 300, HASHES_PER_NODE, HASHES_PER_NODE * 3, 2 ** 23]));
    const from = randomInt(rng, length);
    const to = Math.min(length, from + 1 + randomInt(rng, 64));
    const sizes = Array.from({ length: 8 }, () => (oneIn(rng, 4) ? randomInt(rng, 600) : -1));
    return { length, from, to, sizes };
  },
  async check({ length, from, to, sizes }) {
    const widths = nodeWidths(length, from, to);
    let asked = 0;
    const fetch = (): Promise<Uint8Array> => {
      const honest = widths[asked] ?? 0;
      const size = sizes[asked % sizes.length]!;
      asked += 1;
      if (asked > 16) throw new Error('it goes on asking');
      return Promise.resolve(new Uint8Array(size < 0 ? honest : size));
    };
    try {
      const hashes = await readList(new Uint8Array(32), length, from, to, fetch);
      if (hashes.length !== to - from) throw new Error(`${hashes.length} hashes instead of ${to - from}`);
      return true;
    } catch (error) {
      if (!isAppError(error, 'bad-frame')) throw error;
      return false;
    }
  },
  show: (input) => JSON.stringify(input),
};

/** Bytes of the nodes that reading [from, to) asks for, from the root down. */
function nodeWidths(length: number, from: number, to: number): number[] {
  const nodes = Math.ceil(length / HASHES_PER_NODE);
  const [first, last] = [Math.floor(from / HASHES_PER_NODE), Math.ceil(to / HASHES_PER_NODE)];
  const own = Array.from(
    { length: last - first },
    (_, i) => 32 * Math.min(HASHES_PER_NODE, length - (first + i) * HASHES_PER_NODE),
  );
  return nodes === 1 ? own : [...nodeWidths(nodes, first, last), ...own];
}

const NPY_WORDS = [
  "'descr'",
  "'fortran_order'",
  "'shape'",
  'True',
  'False',
  'None',
  "'<f4'",
  "'>f8'",
  "'|i1'",
  "'|O'",
  "'<f2'",
  "'<U99999999'",
  "[('a', '<f4')]",
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '-1',
  '0',
  '2147483648',
  '9007199254740993',
  '1e9',
  '9L',
  "'__proto__'",
  '#',
  '\\',
  '\u0000',
  '__import__',
  ' ',
];

/** A header of the text, of any version and with any length stated. */
function npyOf(rng: Rng, text: string, data: Uint8Array): Uint8Array {
  const version = oneIn(rng, 8) ? randomInt(rng, 5) : 1 + randomInt(rng, 3);
  const body = utf8.encode(text);
  const front = new Uint8Array(version === 1 ? 10 : 12);
  front.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, oneIn(rng, 64) ? 1 : 0]);
  const stated = oneIn(rng, 8) ? pick(rng, U32_EDGES) : body.length;
  if (version === 1) viewOf(front).setUint16(8, stated & 0xffff, true);
  else viewOf(front).setUint32(8, stated >>> 0, true);
  return concatBytes([front, body, data]);
}

const DATA = new Uint8Array(96);
const DTYPES = ['<f4', '>f4', '|i1', '<f2', '>f2', '<f8', '>f8', '<i8', '|O', 'V2'] as const;

export function npyFile(rng: Rng): Uint8Array {
  if (oneIn(rng, 3)) {
    return mutateBytes(rng, [concatBytes([npyHeader({ dtype: 'i8', rows: 4, cols: 24 }), DATA])]);
  }
  const shape = oneIn(rng, 4)
    ? `(${Array.from({ length: randomInt(rng, 4) }, () => pick(rng, U32_EDGES)).join(', ')},)`
    : pick(rng, ['(4, 24)', '(24, 1)', '(2, 12)', '(12, 4)', '(1, 96)', '(3, 4)']);
  let words = `{ 'descr' : '${pick(rng, DTYPES)}' , 'fortran_order' : ${pick(rng, ['True', 'False'])} , 'shape' : ${shape} , }`;
  if (!oneIn(rng, 3)) {
    const tokens = words.split(' ');
    for (let edits = 1 + randomInt(rng, 4); edits > 0; edits--) {
      const at = randomInt(rng, tokens.length);
      const count = oneIn(rng, 500) ? 5000 : 1 + randomInt(rng, 3);
      const put = Array.from({ length: count }, () => pick(rng, NPY_WORDS));
      tokens.splice(at, randomInt(rng, 3), ...(oneIn(rng, 50) ? put.fill(pick(rng, ['(', '[', '{'])) : put));
    }
    words = tokens.join(pick(rng, [' ', '', '\n']));
  }
  return npyOf(rng, words, oneIn(rng, 8) ? rng.bytes(randomInt(rng, 200)) : DATA);
}

const npyHeaders = decoderTarget(
  'npy-header',
  npyFile,
  ['bad-file'],
  (bytes) => parseNpy(bytes, bytes.length),
  (layout, bytes) => {
    if (layout.dataOffset + arrayBytes(layout) !== bytes.length) throw new Error('a layout outside its file');
  },
);

/** Stored numbers and hostile values in places where a header of .safetensors has them. */
export function safetensorsFile(rng: Rng): Uint8Array {
  const tensor = { dtype: 'F32', shape: [4, 6], data_offsets: [0, 96] };
  const header: Record<string, unknown> = oneIn(rng, 2)
    ? { __metadata__: { format: 'pt' }, w: tensor }
    : {
        a: { dtype: 'I8', shape: [6, 8], data_offsets: [0, 48] },
        b: { dtype: 'F16', shape: [4, 6], data_offsets: [48, 96] },
      };
  let json = JSON.stringify(header);
  for (let edits = randomInt(rng, 4); edits > 0; edits--) {
    const at = randomInt(rng, json.length + 1);
    const to = oneIn(rng, 2) ? at : Math.min(json.length, at + randomInt(rng, 8));
    json = json.slice(0, at) + pick(rng, JSON_WORDS) + json.slice(to);
  }
  if (oneIn(rng, 2)) {
    json = json.replaceAll(/\d+/g, (digits) => (oneIn(rng, 4) ? String(pick(rng, JSON_NUMBERS)) : digits));
  }
  if (oneIn(rng, 300)) json = '['.repeat(1 + randomInt(rng, 20_000));
  const body = utf8.encode(json);
  const front = new Uint8Array(8);
  const stated = oneIn(rng, 8) ? pick(rng, U64_EDGES) : BigInt(body.length);
  viewOf(front).setBigUint64(0, stated, true);
  const file = concatBytes([front, body, oneIn(rng, 8) ? rng.bytes(randomInt(rng, 200)) : DATA]);
  return oneIn(rng, 8) ? mutateBytes(rng, [file]) : file;
}

const JSON_WORDS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '"__proto__":',
  '"constructor":',
  'null',
  'true',
  '-1',
  '1e999',
  '0.5',
  '\\ud800',
  '"w":{},',
  '"a":[],',
  '\u0000',
  '[[[[[[[[',
];
const JSON_NUMBERS = [...U32_EDGES, -1, 0.5, 2 ** 53, 1e300] as const;
const U64_EDGES = [
  0n,
  1n,
  2n ** 24n,
  2n ** 24n + 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
] as const;

interface FileInput {
  readonly bytes: Uint8Array;
  readonly tensor?: string;
  readonly side: 'rows' | 'transpose';
  readonly as?: 'f32';
}

const REFUSALS = ['bad-file', 'bad-input', 'not-found', 'non-finite', 'k-too-large'] as const;

const safetensorsHeaders: Target<FileInput> = {
  name: 'safetensors-header',
  make: (rng) => fileInput(rng, safetensorsFile(rng)),
  async check({ bytes, tensor }) {
    try {
      const layout = await parseSafetensors(bytesSource(bytes), tensor);
      if (layout.dataOffset + arrayBytes(layout) > bytes.length) throw new Error('a layout outside its file');
      return true;
    } catch (error) {
      if (!isAppError(error, ...REFUSALS)) throw error;
      return false;
    }
  },
  show: ({ bytes, tensor }) => `${tensor ?? ''} ${showBytes(bytes)}`,
};

function fileInput(rng: Rng, bytes: Uint8Array): FileInput {
  return {
    bytes,
    side: pick(rng, ['rows', 'transpose'] as const),
    ...(oneIn(rng, 2) && { as: 'f32' as const }),
    ...(oneIn(rng, 2) && { tensor: pick(rng, ['a', 'b', 'w', '__proto__', '']) }),
  };
}

/** The whole way of an upload: blocks, lists and manifest, of the shape that the file has room for. */
function fileTarget(name: string, make: (rng: Rng) => Uint8Array): Target<FileInput> {
  return {
    name,
    make: (rng) => fileInput(rng, make(rng)),
    async check({ bytes, tensor, side, as }) {
      const source = bytesSource(bytes);
      let put = 0;
      const count = (_hash: string, block: Uint8Array): Promise<void> => {
        put += block.length;
        return Promise.resolve();
      };
      try {
        const layout = await detectLayout(source, { tensor: name.startsWith('npy') ? undefined : tensor });
        const made = await ingest(source, { layout, side, as }, count);
        const values = made.manifest.rows * made.manifest.cols;
        if (values !== layout.shape[0] * layout.shape[1]) throw new Error('values were lost or invented');
        if (put > 64 * (bytes.length + 1024)) throw new Error('a small file became many bytes');
        return true;
      } catch (error) {
        if (!isAppError(error, ...REFUSALS)) throw error;
        return false;
      }
    },
    show: ({ bytes, ...rest }) => `${JSON.stringify(rest)} ${showBytes(bytes)}`,
  };
}

export const fileTargets: readonly TargetFactory[] = [
  ready(manifest),
  ready(list),
  ready(npyHeaders),
  ready(fileTarget('npy-file', npyFile)),
  ready(safetensorsHeaders),
  ready(fileTarget('safetensors-file', safetensorsFile)),
];
