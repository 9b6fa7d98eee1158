/**
 * A session on the page's own thread, because RTCPeerConnection does not exist in workers. Loaded only when
 * webrtc-direct is used: it brings libp2p along once more. The GPU worker stays a worker.
 */
import { assertWebRtcAllowed } from '../net/webrtc-allowed.ts';
import { webRtcDirect } from '../net/webrtc.ts';
import { expose } from './remote.ts';
import { SessionHost } from './session-host.ts';

/** Serves `port` as the session worker serves its page. @throws AppError 'forbidden' where WebRTC is */
export async function hostSession(port: MessagePort): Promise<void> {
  await assertWebRtcAllowed();
  expose(new SessionHost([webRtcDirect()]), port);
}
