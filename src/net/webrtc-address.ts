/** Which addresses are webrtc-direct, without loading what dials them. */

/** "/ip4/203.0.113.5/udp/9002/webrtc-direct/certhash/uEi…/p2p/12D3…" */
export function isWebRtcDirect(address: string): boolean {
  return /\/udp\/\d+\/webrtc-direct(\/|$)/.test(address);
}
