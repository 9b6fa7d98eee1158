import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type LinkProxy, linkProxy } from './proxy.ts';

const MIB = 2 ** 20;
const FAST = { bytesPerSecond: 1e9, delayMs: 0 };

let server: Server | undefined;
let link: LinkProxy | undefined;
let client: Socket | undefined;

/** A link to a server, and both ends of a connection through it. */
async function connected(
  options: Omit<Parameters<typeof linkProxy>[0], 'port'>,
): Promise<{ client: Socket; far: Socket }> {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  link = await linkProxy({ ...options, port: (server.address() as AddressInfo).port });
  const arrived = once(server, 'connection') as Promise<[Socket]>;
  client = connect(link.path);
  const [far] = await arrived;
  return { client, far };
}

/** Reads so many bytes, and says how long they took. */
async function read(socket: Socket, bytes: number): Promise<{ ms: number; data: Buffer }> {
  const started = performance.now();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return { ms: performance.now() - started, data: Buffer.concat(chunks) };
}

afterEach(async () => {
  client?.destroy();
  await link?.close();
  server?.close();
});

describe('the proxy of a link', () => {
  it('carries the same bytes both ways', async () => {
    const { client, far } = await connected({ down: FAST, up: FAST });
    const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    client.write(data);
    far.write(data.subarray(0, 100_000));
    expect((await read(far, data.length)).data.equals(data)).toBe(true);
    expect((await read(client, 100_000)).data.equals(data.subarray(0, 100_000))).toBe(true);
    expect(link!.bytes).toEqual({ up: 300_000, down: 100_000 });
  });

  it('takes the time that its rate says, one way without the other', async () => {
    const up = { bytesPerSecond: 2e6, delayMs: 0 };
    const { client, far } = await connected({ down: FAST, up });
    client.write(Buffer.alloc(800_000));
    const { ms } = await read(far, 800_000);
    expect(ms).toBeGreaterThan(390);
    far.write(Buffer.alloc(800_000));
    expect((await read(client, 800_000)).ms).toBeLessThan(390);
  });

  it('delays each way', async () => {
    const slow = { bytesPerSecond: 1e9, delayMs: 40 };
    const { client, far } = await connected({ down: slow, up: slow });
    const started = performance.now();
    client.write('a');
    await read(far, 1);
    far.write('b');
    await read(client, 1);
    expect(performance.now() - started).toBeGreaterThan(79);
  });

  it('makes the sender wait while its buffer is full', async () => {
    const { client, far } = await connected({ down: FAST, up: { bytesPerSecond: 1e5, delayMs: 0 } });
    client.write(Buffer.alloc(8 * MIB));
    await read(far, 10_000);
    expect(link!.bytes.up).toBeLessThan(MIB);
    expect(client.writableLength).toBeGreaterThan(6 * MIB);
  });

  it('ends one side when the other has ended, after what was on its way', async () => {
    const { client, far } = await connected({ down: FAST, up: { bytesPerSecond: 1e6, delayMs: 10 } });
    client.end(Buffer.alloc(50_000));
    const { data } = await read(far, Infinity);
    expect(data.length).toBe(50_000);
  });

  it('takes both sides down when one is cut', async () => {
    const { client, far } = await connected({ down: FAST, up: FAST });
    far.destroy();
    client.resume();
    await once(client, 'close');
    expect(client.destroyed).toBe(true);
  });
});
