/** What a coordinator needs to be reached over webrtc-direct as well. */
import { isIP } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { TransportFactory } from '../net/stack.ts';
import { isWebRtcDirect } from '../net/webrtc-address.ts';
import type { DataFolder } from '../store/data-folder.ts';

export interface WebRtcDoor {
  /** Multiaddr to listen on. */
  readonly listen: string;
  readonly transport: TransportFactory;
}

export interface WebRtcDoorOptions {
  readonly folder: DataFolder;
  readonly host: string;
  /** UDP; 0 takes a free one. */
  readonly port: number;
  readonly announce: readonly string[];
  readonly clock: Clock;
}

/**
 * Loads WebRTC, which is a native module, and this folder's certificate, so that the address survives a restart.
 * @throws AppError 'bad-input' where the host is a name, the address would be told to nobody, or this machine
 *   has no build of the module
 */
export async function openWebRtcDoor(options: WebRtcDoorOptions): Promise<WebRtcDoor> {
  const { folder, host, port, announce, clock } = options;
  const family = isIP(host);
  if (family === 0) {
    throw new AppError(
      'bad-input',
      `webrtc-direct listens on an IP address, not on ${host}: give one as --host`,
    );
  }
  if (announce.length > 0 && !announce.some(isWebRtcDirect)) {
    throw new AppError(
      'bad-input',
      'with --announce, also announce where webrtc-direct is reached, such as /ip4/203.0.113.5/udp/9002/webrtc-direct',
    );
  }
  const { webRtcDirect } = await import('../net/webrtc.ts').catch((error: unknown) => {
    throw new AppError(
      'bad-input',
      'node-datachannel, which webrtc-direct needs, does not load on this machine',
      {
        cause: error,
      },
    );
  });
  const { certificateServes, createCertificate, readCertificate } =
    await import('../net/webrtc-certificate.ts');
  const { bytes } = await folder.secret(
    'webrtc.certificate',
    () => createCertificate(clock.now()),
    (kept) => certificateServes(kept, clock.now()),
  );
  return {
    listen: `/ip${family}/${host}/udp/${port}/webrtc-direct`,
    transport: webRtcDirect(readCertificate(bytes)),
  };
}
