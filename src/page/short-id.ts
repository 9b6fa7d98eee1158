/** "12D3KooW…h9Qx2f": enough to recognise, short enough for a phone. */
export function shortId(peerId: string): string {
  return peerId.length <= 16 ? peerId : `${peerId.slice(0, 8)}…${peerId.slice(-6)}`;
}
