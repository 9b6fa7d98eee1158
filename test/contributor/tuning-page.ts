/** In the browser: visits that open the GPU, and what the tuning store holds after them. */
import { request, openDatabase } from '../../src/contributor/indexed-db.ts';
import { connectBackend } from '../../src/contributor/gpu-host.ts';
import { openTuningStore } from '../../src/contributor/tuning-store.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { BackendInfo } from '../../src/gpu/backend.ts';
import type { Choice } from '../../src/gpu/tuner.ts';

const DATABASE = 'tilework-tunings';

export interface Visit {
  readonly kernels: BackendInfo['kernels'];
  /** Races that this visit ran: each saves its choice. */
  readonly races: number;
}

/** A visit in a browser of that name, in a worker of its own. */
export async function visit(runtime: string): Promise<Visit> {
  const worker = new Worker(new URL('./tuning-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise<Visit>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<Visit | string>) => {
        if (typeof data === 'string') reject(new Error(data));
        else resolve(data);
      });
      worker.addEventListener('error', (event) => reject(new Error(event.message)));
      worker.postMessage(runtime, { transfer: [] });
    });
  } finally {
    worker.terminate();
  }
}

/** A visit through the worker that the page really has. */
export async function realVisit(): Promise<Visit['kernels']> {
  const worker = new Worker(new URL('../../src/contributor/gpu-worker.ts', import.meta.url), {
    type: 'module',
  });
  const { port1, port2 } = new MessageChannel();
  try {
    worker.postMessage({ port: port2 }, { transfer: [port2] });
    const options = { memoryBytes: 16 * 2 ** 20, allowSoftware: true, clock: systemClock };
    const backend = await connectBackend(port1, options);
    await backend.selfTest();
    return backend.info.kernels;
  } finally {
    worker.terminate();
  }
}

export interface Row {
  readonly id: number;
  readonly key: string;
  readonly choice: Choice;
}

/** Oldest first. */
export async function rows(): Promise<Row[]> {
  const database = await openDatabase(DATABASE, () => {});
  try {
    const choices = database.transaction('choices').objectStore('choices');
    const [ids, found] = await Promise.all([request(choices.getAllKeys()), request(choices.getAll())]);
    return ids.map((id, at) => ({ ...(found[at] as Omit<Row, 'id'>), id: id as number }));
  } finally {
    database.close();
  }
}

export async function saveMany(count: number): Promise<void> {
  const store = openTuningStore();
  for (let n = 0; n < count; n++) await store.save(`key ${n}`, { kernel: `kernel ${n}`, rates: {} });
  await store.save('key 70', { kernel: 'another', rates: { another: 1 } });
}

export async function load(key: string): Promise<unknown> {
  return openTuningStore().load(key);
}

/** Saves the same key from several connections at once, as tabs that start together do. */
export async function saveAtOnce(): Promise<void> {
  const kernels = ['a', 'b', 'c', 'd'];
  await Promise.all(kernels.map((kernel) => openTuningStore().save('shared', { kernel, rates: {} })));
}

/** As in a window that may not store anything. */
export async function withoutStorage(): Promise<string[]> {
  const refuse = (): never => {
    throw new DOMException('not here', 'SecurityError');
  };
  Object.defineProperty(indexedDB, 'open', { configurable: true, value: refuse });
  try {
    const store = openTuningStore();
    const outcomes = await Promise.allSettled([store.load('x'), store.save('x', { kernel: 'x', rates: {} })]);
    return outcomes.map(({ status }) => status);
  } finally {
    Reflect.deleteProperty(indexedDB, 'open');
  }
}

export function forget(): Promise<void> {
  return new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(DATABASE);
    deleting.addEventListener('success', () => resolve());
    deleting.addEventListener('blocked', () => reject(new Error('a connection was left open')));
  });
}
