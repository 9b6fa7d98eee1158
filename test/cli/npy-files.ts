/** .npy files of any type, zeros if nothing else is given. */
import { writeFile } from 'node:fs/promises';

export async function writeNpy(
  path: string,
  descr: string,
  shape: readonly [number, number],
  values?: Uint8Array,
): Promise<Buffer> {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const header = Buffer.alloc(128, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(118, 8);
  header.write(text, 10);
  header.write('\n', 127);
  const bytes = Buffer.concat([header, values ?? Buffer.alloc(shape[0] * shape[1] * Number(descr[2]))]);
  await writeFile(path, bytes);
  return bytes;
}
