/** A small log that tests change: six cells of one product, credited to two contributors in turn. */
import type { Bytes } from '../../src/core/bytes.ts';
import { type Changes, LogBuilder } from './log-builder.ts';
import { type Files, type Matrices, matrices } from './product-files.ts';

/** 3 × 2 cells, ragged on both sides. */
export const smallProduct = (): Promise<Matrices> => matrices('i8', 600, 300, 40);

export const CELLS = Array.from({ length: 6 }, (_, i) => ({
  rowBlock: Math.floor(i / 2),
  colBlock: i % 2,
  rowBlocks: 1,
  colBlocks: 1,
}));
/** The entry that is changed. */
export const AT = 3;

export async function built(small: Matrices, changes: Changes = {}): Promise<LogBuilder> {
  const log = await LogBuilder.open();
  const only =
    <T extends unknown[]>(change: ((...args: T) => void) | undefined) =>
    (...args: T) => {
      if (args.at(-1) === AT) change?.(...args);
    };
  for (const [i, cell] of CELLS.entries()) {
    await log.credit(
      small,
      cell,
      { who: i % 2 },
      {
        lease: only(changes.lease),
        result: only(changes.result),
        receipt: only(changes.receipt),
        sealed: only(changes.sealed),
      },
    );
  }
  return log;
}

/** Replaces the bytes of a file. */
export function edit(files: Files, path: string, change: (bytes: Bytes) => Bytes | void): void {
  const bytes = files.get(path)!.slice();
  files.set(path, change(bytes) ?? bytes);
}

export const flip = (bytes: Uint8Array, at: number): void => {
  bytes[at] = bytes[at]! ^ 1;
};
