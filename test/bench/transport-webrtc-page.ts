/** The contributor's end over webrtc-direct, which only a page can have. */
import type { Link } from '../../src/net/link.ts';
import { webRtcDirect } from '../../src/net/webrtc.ts';
import { farEnd, fetchAll } from './transport-far.ts';

let link: Link;

export async function connect(address: string, blocks: number): Promise<string[]> {
  const far = await farEnd(address, blocks, [webRtcDirect()]);
  link = far.link;
  return far.hashes;
}

export const down = (hashes: readonly string[]): Promise<number> => fetchAll(link, hashes);
