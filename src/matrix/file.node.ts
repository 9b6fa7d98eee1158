/** Files as sources. Node only. */
import { open } from 'node:fs/promises';
import { type RandomAccess, truncated } from './source.ts';

export interface FileSource extends RandomAccess {
  close(): Promise<void>;
}

/** Opens a file for reading; the caller closes it. @throws what `node:fs` throws (ENOENT and the like). */
export async function fileSource(path: string): Promise<FileSource> {
  const handle = await open(path, 'r');
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length, into) {
      const buffer = into ? into.subarray(0, length) : new Uint8Array(length);
      // One read may return less than asked for: Linux stops at 2 GiB, network file systems earlier.
      for (let filled = 0; filled < length;) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) throw truncated(offset + length, offset + filled);
        filled += bytesRead;
      }
      return buffer;
    },
    close: () => handle.close(),
  };
}
