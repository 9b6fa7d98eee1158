/** The contributor's end of the transport measurement, inside a dedicated worker; called by message. */
import { cryptoRng } from '../../src/core/rng.ts';
import type { Link } from '../../src/net/link.ts';
import { BLOCK, farEnd, fetchAll } from './transport-far.ts';

export interface TransportCall {
  readonly id: number;
  readonly method: keyof typeof methods;
  readonly args: readonly unknown[];
}

let link: Link;
let raw: WebSocket;

const methods = {
  /** Connects both; the hashes are of blocks that the coordinator may ask for. */
  async connect(address: string, rawUrl: string, blocks: number): Promise<string[]> {
    const far = await farEnd(address, blocks);
    link = far.link;
    raw = await opened(rawUrl);
    return far.hashes;
  },

  /** Milliseconds from the request to the last byte of this many messages. */
  rawDown(messages: number): Promise<number> {
    const start = performance.now();
    let left = messages * BLOCK;
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

  /** Milliseconds from the first want to the last checked block. */
  down: (hashes: readonly string[]): Promise<number> => fetchAll(link, hashes),
};

/** Sends messages when a text message {"up": n} asks for them. */
async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const message = cryptoRng.bytes(BLOCK);
  socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data !== 'string') return;
    const { up } = JSON.parse(data) as { up: number };
    for (let i = 0; i < up; i++) socket.send(message);
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
