/**
 * How small blocks of results become, and how long that takes: `npm run bench -- packing [--json]`.
 *
 * "width" is all entries less the least one at one width, "rows" each row of the block at its own; "rANS" is
 * the top 8 bits by rANS. What is in src codes the same bits by a prefix code.
 */
import { createHash } from 'node:crypto';
import { bytesEqual, ceilDiv } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { bitsSize, readBits, writeBits } from '../../src/protocol/pack-bits.ts';
import { countSymbols } from '../../src/protocol/pack-code.ts';
import { packBlock, unpackBlock } from '../../src/protocol/pack.ts';
import { checkStrip } from '../../src/verify/strip.ts';
import { prepare, randomProduct } from '../verify/helpers.ts';
import { type ProductBlock, productBlocks } from './packing/products.ts';
import { ransDecode, ransEncode, ransModel } from './packing/rans.ts';
import { geometricMean, rounded, spread } from './statistics.ts';

const KS = [1024, 8192, 65_536];
const RUNS = 41;
const SYMBOL_BITS = 8;
/** A home uplink. */
const UP_BYTES_PER_MS = 20e6 / 8 / 1000;

interface Sized {
  /** Bits an entry, everything included. */
  readonly bits: number;
  readonly packMs: number;
  readonly unpackMs: number;
}

interface Row {
  readonly block: ProductBlock;
  /** Undefined for floats, which take all 32 bits. */
  readonly width: Sized | undefined;
  readonly rowBits: number | undefined;
  readonly rans: Sized;
  readonly ours: Sized;
  /** Entropy of the top 10 bits, and all of those below: what 1,024 symbols would get at best. */
  readonly tenBits: number;
}

function medianMs(work: () => unknown): number {
  return spread(
    Array.from({ length: RUNS }, () => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  ).median;
}

/** The numbers whose top bits get a code, as README.md of src/protocol says, and their width. */
function numbersOf({ bytes, dtype }: ProductBlock): { numbers: Uint32Array; width: number } {
  const entries = new Int32Array(bytes.buffer);
  if (dtype === 'f32')
    return { numbers: Uint32Array.from(entries, (bits) => (bits << 1) | (bits >>> 31)), width: 32 };
  const { least, width } = span(entries);
  return { numbers: Uint32Array.from(entries, (entry) => entry - least), width };
}

function span(entries: Int32Array): { least: number; width: number } {
  let least = entries[0]!;
  let most = least;
  for (const entry of entries) {
    least = Math.min(least, entry);
    most = Math.max(most, entry);
  }
  return { least, width: 32 - Math.clz32(most - least) };
}

function entropyBits(numbers: Uint32Array, width: number, top: number): number {
  const shift = Math.max(0, width - top);
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number >>> shift, (counts.get(number >>> shift) ?? 0) + 1);
  let bits = shift;
  for (const count of counts.values()) bits -= (count / numbers.length) * Math.log2(count / numbers.length);
  return bits;
}

function sized(count: number, bytes: number, pack: () => unknown, unpack: () => unknown): Sized {
  return { bits: (8 * bytes) / count, packMs: medianMs(pack), unpackMs: medianMs(unpack) };
}

/** The cheapest there is: a header of eight bytes, then every number at the same width. */
function atOneWidth(numbers: Uint32Array, width: number): Sized {
  const stream = writeBits(numbers, width);
  const out = new Uint32Array(numbers.length);
  return sized(
    numbers.length,
    8 + bitsSize(numbers.length, width),
    () => writeBits(numbers, width),
    () => readBits(out, width, stream),
  );
}

function byRans(numbers: Uint32Array, width: number): Sized {
  const shift = Math.max(0, width - SYMBOL_BITS);
  const pack = () => {
    const model = ransModel(countSymbols(numbers, shift));
    return { model, low: writeBits(numbers, shift), words: ransEncode(numbers, shift, model) };
  };
  const packed = pack();
  const out = new Uint32Array(numbers.length);
  const unpack = (): void => {
    readBits(out, shift, packed.low);
    ransDecode(out, shift, packed.model, packed.words);
  };
  unpack();
  if (numbers.some((number, i) => out[i] !== number)) throw new Error('rANS has lost something');
  const bytes = 8 + packed.low.length + packed.model.bytes + packed.words.byteLength;
  return sized(numbers.length, bytes, pack, unpack);
}

function ours({ bytes }: ProductBlock): Sized {
  const packed = packBlock(bytes);
  if (!packed || !bytesEqual(unpackBlock(packed), bytes)) throw new Error('a block was not packed');
  return sized(
    bytes.length / 4,
    packed.length,
    () => packBlock(bytes),
    () => unpackBlock(packed),
  );
}

/** Each row of 256 has a header of five bytes. */
function rowsBits(bytes: Uint8Array): number {
  const entries = new Int32Array(bytes.buffer);
  let size = 8;
  for (let at = 0; at < entries.length; at += 256)
    size += 5 + ceilDiv(256 * span(entries.subarray(at, at + 256)).width, 8);
  return (8 * size) / entries.length;
}

function measure(block: ProductBlock): Row {
  const { numbers, width } = numbersOf(block);
  const isInt = block.dtype === 'i8';
  return {
    block,
    width: isInt ? atOneWidth(numbers, width) : undefined,
    rowBits: isInt ? rowsBits(block.bytes) : undefined,
    rans: byRans(numbers, width),
    ours: ours(block),
    tenBits: entropyBits(numbers, width, 10),
  };
}

/** What one core checks of C, in MB/s of unpacked bytes, with the hash and with what unpacking takes. */
function verifiedRates(
  unpackMs: number,
  bytes: number,
): { hash: number; check: number; plain: number; packed: number } {
  const strip = prepare(
    randomProduct({ dtype: 'i8', rows: 256, width: 1024, k: 1024 }, seededRng(1)),
    seededRng(2),
  );
  const checkMs = medianMs(() => checkStrip(strip)) / 4;
  const block = strip.columns[0]!.cBlock;
  const hashMs = medianMs(() => createHash('sha256').update(block).digest());
  const rate = (ms: number): number => bytes / 1e3 / ms;
  return {
    hash: rate(hashMs),
    check: rate(checkMs),
    plain: rate(hashMs + checkMs),
    packed: rate(hashMs + checkMs + unpackMs),
  };
}

function shown({ block, width, rowBits, rans, ours: own, tenBits }: Row): Record<string, string | number> {
  const baseline = width?.bits ?? 32;
  const both = ({ packMs, unpackMs }: Sized): string => `${packMs.toFixed(2)} / ${unpackMs.toFixed(2)}`;
  return {
    product: `${block.dtype}, ${block.operands}`,
    K: block.k,
    width: baseline.toFixed(2),
    rows: rowBits?.toFixed(2) ?? '',
    rANS: rans.bits.toFixed(2),
    ours: own.bits.toFixed(2),
    '10 bits': tenBits.toFixed(2),
    'ours to width': `${(100 * (1 - own.bits / baseline)).toFixed(1)} % less`,
    'width ms': width ? both(width) : '',
    'rANS ms': both(rans),
    'ours ms': both(own),
    'saved ms': (((baseline - own.bits) * 8192) / UP_BYTES_PER_MS).toFixed(1),
  };
}

export function benchPacking({ json }: { json: boolean }): void {
  const rows = Array.from(productBlocks(KS), measure);
  const shares = (dtype: string): number =>
    geometricMean(
      rows
        .filter(({ block }) => block.dtype === dtype)
        .map(({ ours: own, width }) => own.bits / (width?.bits ?? 32)),
    );
  const unpackMs = spread(rows.map(({ ours: own }) => own.unpackMs)).median;
  const rates = verifiedRates(unpackMs, rows[0]!.block.bytes.length);
  if (!json) {
    console.table(rows.map(shown));
    console.table({ 'MB/s of C a core': rates });
  }
  const report = {
    bench: 'packing',
    bits: Object.fromEntries(
      rows.map(({ block, ours: own }) => [`${block.dtype} ${block.k} ${block.operands}`, rounded(own.bits)]),
    ),
    bytes_vs_one_width: rounded(shares('i8')),
    f32_bytes_vs_raw: rounded(shares('f32')),
    pack_ms: rounded(spread(rows.map(({ ours: own }) => own.packMs)).median),
    unpack_ms: rounded(unpackMs),
    verified_mb_per_second: { unpacked: rounded(rates.plain), packed: rounded(rates.packed) },
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
