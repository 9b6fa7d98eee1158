/**
 * Ingests a generated i8 array of ROWS × COLS from a file and prints one JSON line: speed, and how far
 * the resident memory rose above what the process took before.
 *   npm run bench -- ingest [rows|transpose] [ROWS] [COLS] [FILE to use and keep]
 */
import { open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../src/core/errors.ts';
import { fileSource } from '../../src/matrix/file.node.ts';
import { detectLayout, ingest } from '../../src/matrix/ingest.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { bytesSource } from '../../src/matrix/source.ts';
import { peakBytes } from './proc.ts';

const MIB = 1024 * 1024;

/** Xorshift32 words: pseudo-random bytes at some GB/s, which no file system stores sparsely. */
async function writeArray(path: string, rows: number, cols: number): Promise<void> {
  const file = await open(path, 'w');
  await file.write(npyHeader({ dtype: 'i8', rows, cols }));
  const words = new Uint32Array(MIB);
  let state = 0x9e3779b9;
  for (let left = rows * cols; left > 0;) {
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    const length = Math.min(left, words.byteLength);
    await file.write(words, 0, length);
    left -= length;
  }
  await file.close();
}

export async function benchIngest(args: readonly string[]): Promise<void> {
  const [sideText = 'rows', rowsText = '8192', colsText = '65536', kept] = args;
  const side = sideText === 'transpose' ? 'transpose' : 'rows';
  const [rows, cols] = [Number(rowsText), Number(colsText)];
  const path = kept ?? join(tmpdir(), `tilework-ingest-${process.pid}.npy`);
  try {
    if ((await stat(path).catch(() => undefined)) === undefined) await writeArray(path, rows, cols);
    // Code and threads are warm before memory is measured.
    const warm = { dtype: 'i8', littleEndian: true, order: 'C', dataOffset: 0, shape: [300, 2000] } as const;
    await ingest(bytesSource(new Uint8Array(600_000)), { layout: warm, side }, async () => {});
    const source = await fileSource(path);
    const layout = await detectLayout(source);
    const before = process.memoryUsage.rss();
    const start = performance.now();
    let high = before;
    const result = await ingest(source, { layout, side }, async () => {
      high = Math.max(high, process.memoryUsage.rss());
    });
    const seconds = (performance.now() - start) / 1000;
    await source.close();
    if (result.bytes < rows * cols) throw new AppError('internal', 'blocks are missing');
    // The kernel's own high-water mark counts what the samples miss.
    const peak = Math.max(high, peakBytes());
    const growthMiB = Math.round((peak - before) / MIB);
    const line = {
      side,
      rows,
      cols,
      growthMiB,
      seconds: Number(seconds.toFixed(2)),
      manifest: result.manifestHash,
    };
    process.stdout.write(
      `${JSON.stringify({ ...line, MiBPerSecond: Math.round((rows * cols) / MIB / seconds) })}\n`,
    );
  } finally {
    if (kept === undefined) await rm(path, { force: true });
  }
}
