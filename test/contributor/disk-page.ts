/** In the browser: a page whose worker has the block disk. */
import { measureDisk, removeDisk } from '../../src/contributor/disk-files.ts';
import { Peer } from '../../src/contributor/remote.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { DiskWorker } from './disk-worker.ts';

const worker = new Worker(new URL('./disk-worker.ts', import.meta.url), { type: 'module' });
const { api } = new Peer<DiskWorker>(worker, systemClock);

export const open = async (blocks: number) => (await api.open(blocks)) ?? null;
export const put = (count: number): Promise<number> => api.put(count);
export const good = (count: number): Promise<number[]> => api.good(count);
export const clear = (): Promise<number> => api.clear();
export const close = (): Promise<void> => api.close();
export { measureDisk, removeDisk };

/** Overwrites some bytes of a slot, as a failing disk would; while no worker has the files. */
export async function damage(slot: number): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const file = await (await root.getDirectoryHandle('tilework-blocks')).getFileHandle('data');
  const stream = await file.createWritable({ keepExistingData: true });
  await stream.write({ type: 'write', position: slot * 256 * 1024 + 100, data: new Uint8Array(8) });
  await stream.close();
}
