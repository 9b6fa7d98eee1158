/** A rectangle of a stored matrix as a .npy file, of which any bytes can be read without the others. */
import type { Bytes } from '../core/bytes.ts';
import { VALUE_BYTES } from './dtype.ts';
import type { FetchBytes, Manifest } from './manifest.ts';
import { npyHeader } from './npy.ts';
import { streamRows } from './read.ts';

/** Rows [row, rowEnd) and columns [col, colEnd); not empty. */
export interface Part {
  readonly row: number;
  readonly rowEnd: number;
  readonly col: number;
  readonly colEnd: number;
}

export interface PartFile {
  /** Bytes. */
  readonly size: number;
  /** Bytes [from, to) of the file, in pieces; only blocks that hold some of them are fetched. */
  bytes(from: number, to: number): AsyncGenerator<Bytes, void, undefined>;
}

export function npyOfPart(manifest: Manifest, part: Part, fetch: FetchBytes): PartFile {
  const { dtype } = manifest;
  const rows = part.rowEnd - part.row;
  const header = npyHeader({ dtype, rows, cols: part.colEnd - part.col });
  const lineBytes = (part.colEnd - part.col) * VALUE_BYTES[dtype];
  async function* bytes(from: number, to: number): AsyncGenerator<Bytes, void, undefined> {
    if (from < header.length) yield header.subarray(from, Math.min(to, header.length));
    let at = Math.max(0, from - header.length);
    const end = to - header.length;
    if (at >= end) return;
    const firstRow = Math.floor(at / lineBytes);
    at -= firstRow * lineBytes;
    let left = end - firstRow * lineBytes - at;
    const lines = {
      from: part.row + firstRow,
      to: part.row + Math.ceil(end / lineBytes),
      fromCol: part.col,
      toCol: part.colEnd,
    };
    for await (const piece of streamRows(manifest, fetch, lines)) {
      const wanted = piece.subarray(at, at + left);
      at = 0;
      left -= wanted.length;
      yield wanted;
    }
  }
  return { size: header.length + rows * lineBytes, bytes };
}
