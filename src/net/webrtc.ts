/**
 * webrtc-direct (libp2p/specs, webrtc/webrtc-direct.md): WebRTC data channels to a server that is known by its IP
 * address and the hash of its certificate, so that neither a domain name nor a certificate authority is needed.
 * Imported only by whoever was asked for it: in Node it loads a native module.
 *
 * A message holds 16 KiB, and nothing stops a sender: what is read too slowly collects in this process up to
 * libp2p's 4 MiB a stream, and then the stream is reset. WANT_WINDOW keeps blocks below that.
 */
import { webRTCDirect } from '@libp2p/webrtc';
import type { TransportFactory } from './stack.ts';
import { repairedWebRtc } from './webrtc-repair.ts';

/** As for WebSocket: a heartbeat behind it must leave within seconds on a slow uplink. */
const MAX_BUFFERED_BYTES = 1 << 20;

/** @param certificate - of a listener, in Node: see webrtc-certificate.ts */
export function webRtcDirect(certificate?: {
  readonly privateKey: string;
  readonly pem: string;
  readonly certhash: string;
}): TransportFactory {
  const make = webRTCDirect({
    // In Node, libp2p would ask the STUN servers of four companies who we are.
    rtcConfiguration: { iceServers: [] },
    dataChannel: { maxBufferedAmount: MAX_BUFFERED_BYTES },
    ...(certificate && { certificate }),
  });
  return (components) => repairedWebRtc(make(components));
}
