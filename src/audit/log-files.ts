/** A log's tiles and bundles from a source, partial ones from full ones where those are there already. */
import { type Bytes, SHA256_BYTES, bytesEqual, toHex } from '../core/bytes.ts';
import { isAppError } from '../core/errors.ts';
import { MAX_LOG_ENTRY_BYTES, TILE_WIDTH } from '../protocol/limits.ts';
import { type Tile, decodeEntries, tilePath } from '../protocol/tiles.ts';
import { Contradiction } from './contradiction.ts';
import type { Source } from './source.ts';

const TILE_BYTES = TILE_WIDTH * SHA256_BYTES;
const BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_LOG_ENTRY_BYTES);

export class LogFiles {
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  /** The entries of a bundle. @throws Contradiction 'bundle-missing' or 'bundle-form' */
  async entries(tile: Tile): Promise<Uint8Array[]> {
    const first = tile.index * TILE_WIDTH;
    const subject = `bundle ${tilePath(tile)}`;
    const found = await this.#read(tile, BUNDLE_BYTES, subject);
    if (!found) {
      throw new Contradiction('bundle-missing', subject, {
        index: first,
        expected: `${tile.width} entries`,
        found: 'nothing',
      });
    }
    try {
      return decodeEntries(found.bytes, found.width).slice(0, tile.width);
    } catch (error) {
      if (!isAppError(error, 'bad-frame')) throw error;
      throw new Contradiction('bundle-form', subject, {
        index: first,
        expected: `${found.width} entries`,
        found: error.message,
      });
    }
  }

  /** Whether the served tile holds these hashes. @throws Contradiction 'tile-missing' or 'tile-mismatch' */
  async compare(tile: Tile & { readonly level: number }, hashes: Bytes): Promise<void> {
    const { level, index, width } = tile;
    const subject = `tile ${tilePath(tile)}`;
    const span = TILE_WIDTH ** level;
    const first = index * TILE_WIDTH * span;
    const found = await this.#read(tile, TILE_BYTES, subject);
    if (!found) {
      const missing = { index: first, expected: `${width} hashes`, found: 'nothing' };
      throw new Contradiction('tile-missing', subject, missing);
    }
    const { bytes } = found;
    if (bytes.length !== found.width * SHA256_BYTES) {
      throw new Contradiction('tile-mismatch', subject, {
        index: first,
        expected: `${found.width * SHA256_BYTES} bytes`,
        found: `${bytes.length}`,
      });
    }
    if (bytesEqual(bytes.subarray(0, hashes.length), hashes)) return;
    let at = 0;
    const hashAt = (of: Uint8Array): Uint8Array => of.subarray(at * SHA256_BYTES, (at + 1) * SHA256_BYTES);
    while (bytesEqual(hashAt(bytes), hashAt(hashes))) at += 1;
    const what = level === 0 ? 'the hash of this entry in' : `hash ${at} of`;
    throw new Contradiction('tile-mismatch', `${what} ${subject}`, {
      index: first + at * span,
      expected: toHex(hashAt(hashes)),
      found: toHex(hashAt(bytes)),
    });
  }

  /** Logs may drop partial files once the full one is there (c2sp.org/tlog-tiles), and mirrors keep what they have. */
  async #read(
    tile: Tile,
    maxBytes: number,
    subject: string,
  ): Promise<{ bytes: Bytes; width: number } | undefined> {
    for (const width of new Set([tile.width, TILE_WIDTH])) {
      const bytes = await this.#source
        .read(`log/${tilePath({ ...tile, width })}`, maxBytes)
        .catch((error: unknown) => {
          if (!isAppError(error, 'too-large')) throw error;
          throw new Contradiction(tile.level === 'entries' ? 'bundle-form' : 'tile-mismatch', subject, {
            expected: `at most ${maxBytes} bytes`,
            found: 'more',
          });
        });
      if (bytes) return { bytes, width };
    }
    return undefined;
  }
}
