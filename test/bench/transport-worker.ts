/** The contributor's end of the transport measurement, inside a dedicated worker; called by message. */
import { sha256, toHex } from '../../src/core/bytes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import type { Link } from '../../src/net/link.ts';
import { generateKey } from '../../src/protocol/keys.ts';

export interface TransportCall {
  readonly id: number;
  readonly method: keyof typeof methods;
  readonly args: readonly unknown[];
}

/** 256 KiB, as one block. */
const MESSAGE = 256 * 1024;

let link: Link;
let raw: WebSocket;

const methods = {
  /** Connects both; the hashes are of blocks that the coordinator may ask for. */
  async connect(address: string, rawUrl: string, blocks: number): Promise<string[]> {
    const own = new Map<string, Uint8Array>();
    for (let i = 0; i < blocks; i++) {
      const bytes = cryptoRng.bytes(MESSAGE);
      own.set(toHex(await sha256(bytes)), bytes);
    }
    link = await linked(address, own);
    raw = await opened(rawUrl);
    return Array.from(own.keys());
  },

  /** Milliseconds from the request to the last byte of this many messages. */
  rawDown(messages: number): Promise<number> {
    const start = performance.now();
    let left = messages * MESSAGE;
    return new Promise((resolve) => {
      const count = ({ data }: MessageEvent<ArrayBuffer>): void => {
        left -= data.byteLength;
        if (left > 0) return;
        raw.removeEventListener('message', count);
        resolve(performance.now() - start);
      };
      raw.addEventListener('message', count);
      raw.send(JSON.stringify({ down: messages }));
    });
  },

  /** The coordinator takes the time. */
  async rawUp(messages: number): Promise<void> {
    const bytes = cryptoRng.bytes(MESSAGE);
    for (let i = 0; i < messages; i++) raw.send(bytes);
  },

  /** Milliseconds from the first want to the last checked block. */
  async down(hashes: readonly string[]): Promise<number> {
    const start = performance.now();
    await Promise.all(hashes.map(async (hash) => void (await link.blocks.fetch(hash))));
    return performance.now() - start;
  },
};

async function linked(address: string, own: ReadonlyMap<string, Uint8Array>): Promise<Link> {
  const node = new ContributorNode({
    key: await generateKey(),
    addresses: [address],
    clock: systemClock,
    rng: cryptoRng,
    source: async (hash) => own.get(hash),
  });
  const { promise, resolve, reject } = Promise.withResolvers<Link>();
  const forever = node.connectForever({
    signal: new AbortController().signal,
    onState: ({ error }) => {
      if (error) reject(error);
    },
    async onLink(open) {
      resolve(open);
      await open.closed;
    },
  });
  forever.catch(reject);
  return promise;
}

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  return socket;
}

addEventListener('message', ({ data: { id, method, args } }: MessageEvent<TransportCall>) => {
  const call = methods[method] as (...args: readonly unknown[]) => Promise<unknown>;
  call(...args).then(
    (result) => postMessage({ id, result }),
    (error: unknown) => postMessage({ id, error: String(error) }),
  );
});
