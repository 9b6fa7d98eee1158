/** The key that leases, receipts and the log are signed with: the data folder's, or one that coordinators share. */
import { readFile } from 'node:fs/promises';
import { AppError, toAppError } from '../core/errors.ts';
import { type SigningKey, generateKey, keyFromBytes, keyToBytes } from '../protocol/keys.ts';
import type { DataFolder } from '../store/data-folder.ts';

/**
 * @param file - made by another coordinator, as `coordinator.key` in its data folder; without it, this data folder's
 * @throws AppError 'bad-input' when the file cannot be read, or is no key
 */
export async function networkKey(
  folder: Pick<DataFolder, 'secret'>,
  file: string | undefined,
): Promise<SigningKey> {
  if (file === undefined) {
    const { bytes } = await folder.secret('coordinator.key', async () => keyToBytes(await generateKey()));
    return keyFromBytes(bytes);
  }
  try {
    return keyFromBytes(new Uint8Array(await readFile(file)));
  } catch (error) {
    throw new AppError(
      'bad-input',
      `${file} holds no key of a network (${toAppError(error).message}); copy coordinator.key from the data folder of its first coordinator`,
      { cause: error },
    );
  }
}
