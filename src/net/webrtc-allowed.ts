/** Whether this browser lets webrtc-direct work, found out without a network. Browser only, and light. */
import { AppError } from '../core/errors.ts';

/** As libp2p names a connection (libp2p/specs, webrtc/webrtc-direct.md). */
const NAME = `libp2p+webrtc+v1/${'x'.repeat(32)}`;

/**
 * webrtc-direct writes a name of its own into the offer, which Chromium is about to refuse (its field trial
 * WebRTC-NoSdpMangleUfrag; libp2p/specs#672). A dial would fail the same way, but not say why.
 * @throws AppError 'forbidden'
 */
export async function assertWebRtcAllowed(): Promise<void> {
  if (!('RTCPeerConnection' in globalThis)) {
    throw new AppError('forbidden', 'WebRTC is switched off in this browser, and this coordinator needs it.');
  }
  const peer = new RTCPeerConnection();
  try {
    peer.createDataChannel('');
    const { sdp = '' } = await peer.createOffer();
    const named = sdp.replaceAll(/^a=ice-(ufrag|pwd):.*$/gm, `a=ice-$1:${NAME}`);
    await peer.setLocalDescription({ type: 'offer', sdp: named });
  } catch (error) {
    throw new AppError(
      'forbidden',
      'This coordinator is reached over WebRTC without a domain name, which this version of the browser does not allow any more. Another browser may.',
      { cause: error },
    );
  } finally {
    peer.close();
  }
}
