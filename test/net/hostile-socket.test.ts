import { type Socket, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRng } from '../../src/core/rng.ts';
import { HELLO_DEADLINE_MS, MAX_WEBSOCKET_MESSAGE_BYTES } from '../../src/protocol/limits.ts';
import { type TestCoordinator, startContributor, startCoordinator } from './wire-up.ts';

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

let home: TestCoordinator;
const sockets: Socket[] = [];

beforeEach(async () => {
  home = await startCoordinator();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  await home.close();
});

async function dial(): Promise<{ socket: Socket; closed: Promise<void> }> {
  const socket = connect(home.port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.resume();
  return { socket, closed };
}

/** A WebSocket as RFC 6455 opens it, before anything of libp2p. */
async function upgraded(): Promise<{ socket: Socket; closed: Promise<void> }> {
  const dialled = await dial();
  dialled.socket.write(UPGRADE);
  await new Promise((resolve) => dialled.socket.once('data', resolve));
  return dialled;
}

async function stillWelcomes(): Promise<void> {
  const guest = await startContributor(home.addresses[0]!);
  await guest.linked();
  await guest.node.stop();
}

/** The start of a masked binary message. */
function header(length: number): Uint8Array {
  const bytes = new Uint8Array(14);
  bytes.set([0x82, 0xff]);
  new DataView(bytes.buffer).setBigUint64(2, BigInt(length));
  return bytes;
}

describe('a coordinator goes on', () => {
  it.each<[string, number[]]>([
    ['reserved bits', [0xf2, 0x80, 0, 0, 0, 0]],
    ['an unknown opcode', [0x83, 0x80, 0, 0, 0, 0]],
    ['an unmasked frame', [0x82, 0x01, 0x61]],
    ['a continuation of nothing', [0x80, 0x80, 0, 0, 0, 0]],
    ['a close frame of one byte', [0x88, 0x81, 0, 0, 0, 0, 7]],
    ['a ping of 126 bytes', [0x89, 0xfe, 0, 126, 0, 0, 0, 0]],
    ['text that is not UTF-8', [0x81, 0x81, 0, 0, 0, 0, 0xff]],
    ['a length over 2⁵³', [0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
  ])('after %s from somebody unknown, and again', async (_name, bytes) => {
    for (let time = 0; time < 2; time++) {
      const { socket, closed } = await upgraded();
      socket.write(Uint8Array.from(bytes));
      await closed;
    }
    await stillWelcomes();
  });

  it('after noise of every kind', async () => {
    const rng = seededRng(1);
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const { socket, closed } = i % 3 === 0 ? await dial() : await upgraded();
        socket.write(rng.bytes(1 + (i % 40)), () => socket.destroy());
        await closed;
      }),
    );
    await stillWelcomes();
  });
});

describe('before a handshake', () => {
  it('a message over the limit ends the connection when its length is told', async () => {
    const { socket, closed } = await upgraded();
    socket.write(header(MAX_WEBSOCKET_MESSAGE_BYTES + 1));
    await closed;
    await stillWelcomes();
  });

  it('a request that comes a byte at a time is ended at the deadline', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, closed } = await dial();
    let open = true;
    void closed.then(() => (open = false));
    const arrived = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    for (const byte of 'GET / HT') {
      socket.write(byte);
      vi.advanceTimersByTime(HELLO_DEADLINE_MS / 10);
      await arrived();
    }
    expect(open).toBe(true);
    vi.advanceTimersByTime((2 * HELLO_DEADLINE_MS) / 10);
    await closed;
    vi.useRealTimers();
    await stillWelcomes();
  });
});
