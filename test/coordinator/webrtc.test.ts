import { createSocket } from 'node:dgram';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type WebRtcDoor, openWebRtcDoor } from '../../src/coordinator/webrtc.ts';
import { type Listening, listen } from '../../src/net/coordinator-node.ts';
import { isWebRtcDirect } from '../../src/net/webrtc-address.ts';
import { generateKey } from '../../src/protocol/keys.ts';
import { type DataFolder, openDataFolder } from '../../src/store/data-folder.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';

let dataDir = '';

beforeAll(async () => {
  dataDir = await freshDataDir();
});
afterAll(() => rm(dataDir, { recursive: true }));

/** Shared objects that this process has loaded. */
const native = (): string[] =>
  (process.report.getReport() as { sharedObjects: string[] }).sharedObjects.filter((path) =>
    path.includes('datachannel'),
  );
const certificate = (): Promise<string> => readFile(join(dataDir, 'webrtc.certificate'), 'utf8');
const DIRECT = /^\/ip4\/127\.0\.0\.1\/udp\/\d+\/webrtc-direct\/certhash\/uEi[\w-]{44}\/p2p\//;

describe('a coordinator', () => {
  let running: TestCoordinator;
  afterEach(() => running.close());

  it('neither listens for webrtc-direct nor loads what that takes, unless it is told to', async () => {
    running = await testCoordinator({ dataDir });
    expect(running.peerAddresses.filter(isWebRtcDirect)).toEqual([]);
    expect(native()).toEqual([]);
  });

  it('names webrtc-direct after WebSocket, by the same certificate after a restart', async () => {
    running = await testCoordinator({ dataDir, webRtcPort: 0 });
    expect(native()).toHaveLength(1);
    const [socket, direct, ...more] = running.peerAddresses;
    expect(more).toEqual([]);
    expect(socket).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\//);
    expect(direct).toMatch(DIRECT);
    const answer = await fetch(`${running.url}/coordinator.json`);
    expect(await answer.json()).toEqual({ v: 1, addrs: [socket, direct] });
    expect((await stat(join(dataDir, 'webrtc.certificate'))).mode & 0o077).toBe(0);
    // Who has no WebRTC takes the other address.
    const contributor = await testContributor(running.peerAddresses);
    await contributor.until(({ stage }) => stage === 'waiting');
    await contributor.stop();
    await running.close();

    running = await testCoordinator({ dataDir, webRtcPort: 0 });
    const withoutPort = (address: string): string => address.replace(/udp\/\d+/, 'udp');
    expect(withoutPort(running.peerAddresses[1]!)).toBe(withoutPort(direct!));
  });
});

describe('the door for webrtc-direct', () => {
  let folder: DataFolder;
  beforeAll(async () => {
    folder = await openDataFolder(dataDir);
  });
  afterAll(() => folder.release());

  const open = (options: Partial<Parameters<typeof openWebRtcDoor>[0]> = {}): Promise<WebRtcDoor> =>
    openWebRtcDoor({ folder, host: '127.0.0.1', port: 0, announce: [], clock: systemClock, ...options });
  const listenAt = async (door: WebRtcDoor, announce: string[] = []): Promise<Listening> =>
    listen({
      key: await generateKey(),
      listen: ['/ip4/127.0.0.1/tcp/0/ws', door.listen],
      announce,
      moreTransports: [door.transport],
      clock: systemClock,
      source: async () => undefined,
      onLink: () => {},
    });

  it('has another certificate in time, and says when the file is none', async () => {
    await open();
    const before = await certificate();
    const later = Date.now() + 4.5 * 365 * 24 * 60 * 60 * 1000;
    await open({ clock: { now: () => later, after: () => () => {} } });
    expect(await certificate()).not.toBe(before);
    await writeFile(join(dataDir, 'webrtc.certificate'), 'nothing');
    await expect(open()).rejects.toMatchObject({ code: 'bad-input' });
    await rm(join(dataDir, 'webrtc.certificate'));
  });

  it('is announced where its operator says, with the hash of its certificate', async () => {
    const socket = '/dns4/example.org/tcp/443/tls/ws';
    const announce = ['/ip4/203.0.113.5/udp/9002/webrtc-direct', socket];
    const listening = await listenAt(await open({ announce }), announce);
    expect(listening.addresses).toEqual([
      `${socket}/p2p/${listening.peerId}`,
      expect.stringMatching(
        /^\/ip4\/203\.0\.113\.5\/udp\/9002\/webrtc-direct\/certhash\/uEi[\w-]{44}\/p2p\//,
      ),
    ]);
    await listening.close();
    await expect(open({ announce: [socket] })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('--announce'),
    });
  });

  it('says which port is in use, and that a name is no address to listen on', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
    const { port } = taken.address();
    await expect(listenAt(await open({ port }))).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(`/udp/${port}/webrtc-direct`),
    });
    taken.close();
    await expect(open({ host: 'localhost' })).rejects.toMatchObject({ code: 'bad-input' });
    expect((await open({ host: '::1' })).listen).toBe('/ip6/::1/udp/0/webrtc-direct');
  });
});
