import { createSocket } from 'node:dgram';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CoordinatorOptions } from '../../src/coordinator/coordinator.ts';
import { isWebRtcDirect } from '../../src/net/webrtc-address.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { type TestCoordinator, testContributor, testCoordinator } from '../helpers/network.ts';

let dataDir = '';
const running: TestCoordinator[] = [];

beforeAll(async () => {
  dataDir = await freshDataDir();
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});
afterAll(() => rm(dataDir, { recursive: true }));

async function start(options: Partial<CoordinatorOptions>): Promise<TestCoordinator> {
  const made = await testCoordinator({ dataDir, ...options });
  running.push(made);
  return made;
}

/** Shared objects that this process has loaded. */
const native = (): string[] =>
  (process.report.getReport() as { sharedObjects: string[] }).sharedObjects.filter((path) =>
    path.includes('datachannel'),
  );
const certhash = (address: string | undefined): string | undefined =>
  /\/certhash\/(\w+)/.exec(address ?? '')?.[1];

describe('a coordinator', () => {
  it('neither listens for webrtc-direct nor loads what that takes, unless it is told to', async () => {
    const { peerAddresses } = await start({});
    expect(peerAddresses.filter(isWebRtcDirect)).toEqual([]);
    expect(native()).toEqual([]);
  });

  it('names webrtc-direct after WebSocket, by the same address after a restart', async () => {
    const first = await start({ webRtcPort: 0 });
    expect(native()).toHaveLength(1);
    const [socket, direct, ...more] = first.peerAddresses;
    expect(more).toEqual([]);
    expect(socket).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\//);
    expect(direct).toMatch(/^\/ip4\/127\.0\.0\.1\/udp\/\d+\/webrtc-direct\/certhash\/uEi[\w-]{44}\/p2p\//);
    const answer = await fetch(`${first.url}/coordinator.json`);
    expect(await answer.json()).toEqual({ v: 1, addrs: [socket, direct] });
    expect((await stat(join(dataDir, 'webrtc.certificate'))).mode & 0o077).toBe(0);
    await first.close();

    const second = await start({ webRtcPort: 0 });
    const withoutPort = (address: string): string => address.replace(/udp\/\d+/, 'udp');
    expect(withoutPort(second.peerAddresses[1]!)).toBe(withoutPort(direct!));
  });

  it('has another certificate in time, and says when the file is none', async () => {
    const before = certhash((await start({ webRtcPort: 0 })).peerAddresses[1]);
    await running.pop()!.close();
    const later = Date.now() + 4.5 * 365 * 24 * 60 * 60 * 1000;
    const clock = { now: () => later, after: () => () => {} };
    const after = certhash((await start({ webRtcPort: 0, clock })).peerAddresses[1]);
    expect(after).not.toBe(before);
    await running.pop()!.close();
    await writeFile(join(dataDir, 'webrtc.certificate'), 'nothing');
    await expect(start({ webRtcPort: 0 })).rejects.toMatchObject({ code: 'bad-input' });
    await rm(join(dataDir, 'webrtc.certificate'));
  });

  it('announces the address that its operator gives, with the hash of its certificate', async () => {
    const announce = ['/ip4/203.0.113.5/udp/9002/webrtc-direct', '/dns4/example.org/tcp/443/tls/ws'];
    const { peerAddresses } = await start({ webRtcPort: 0, announce });
    expect(peerAddresses).toEqual([
      expect.stringMatching(/^\/dns4\/example\.org\/tcp\/443\/tls\/ws\/p2p\//),
      expect.stringMatching(
        /^\/ip4\/203\.0\.113\.5\/udp\/9002\/webrtc-direct\/certhash\/uEi[\w-]{44}\/p2p\//,
      ),
    ]);
    await running.pop()!.close();
    await expect(
      start({ webRtcPort: 0, announce: ['/dns4/example.org/tcp/443/tls/ws'] }),
    ).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('--announce') });
  });

  it('says which port is in use, and that a name is no address to listen on', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
    const webRtcPort = taken.address().port;
    await expect(start({ webRtcPort })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(`/udp/${webRtcPort}/webrtc-direct`),
    });
    taken.close();
    await expect(start({ webRtcPort: 0, host: 'localhost' })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('is reached over WebSocket by who has no WebRTC, though it names both', async () => {
    const coordinator = await start({ webRtcPort: 0 });
    const contributor = await testContributor(coordinator.peerAddresses);
    await contributor.until(({ stage }) => stage === 'waiting');
    await contributor.stop();
  });
});
