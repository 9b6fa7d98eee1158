import { describe, expect, it } from 'vitest';
import { LinkMeter } from '../../src/coordinator/link-meter.ts';
import type { Link } from '../../src/net/link.ts';

const MIB = 1 << 20;

interface Counters {
  bytesUp: number;
  upBusyMs: number;
  bytesDown: number;
  downBusyMs: number;
  unpackedDown: number;
}

function linkWith(): { link: Link; blocks: Counters } {
  const blocks: Counters = { bytesUp: 0, upBusyMs: 0, bytesDown: 0, downBusyMs: 0, unpackedDown: 0 };
  return { link: { blocks } as unknown as Link, blocks };
}

describe('the meter of a link', () => {
  it('counts what it carried since the last result, and how fast while it had something to carry', () => {
    const { link, blocks } = linkWith();
    const meter = new LinkMeter();
    Object.assign(blocks, { bytesUp: 10 * MIB, upBusyMs: 2000, bytesDown: MIB, downBusyMs: 500 });
    blocks.unpackedDown = 2 * MIB;
    expect(meter.take(link)).toEqual({
      bytesDown: 10 * MIB,
      bytesUp: MIB,
      down: 5 * MIB,
      up: 2 * MIB,
      packed: 0.5,
    });
    blocks.bytesUp += MIB;
    blocks.upBusyMs += 1000;
    expect(meter.take(link)).toEqual({ bytesDown: MIB, bytesUp: 0, down: MIB, up: 0, packed: 1 });
  });

  it('says nothing of the speed of a link that carried little, and believes no timer below its noise', () => {
    const { link, blocks } = linkWith();
    const meter = new LinkMeter();
    Object.assign(blocks, {
      bytesUp: 1000,
      upBusyMs: 1,
      bytesDown: MIB,
      downBusyMs: 0.01,
      unpackedDown: MIB,
    });
    expect(meter.take(link)).toMatchObject({ down: 0, up: 20 * MIB });
  });

  it('keeps links apart', () => {
    const [one, other] = [linkWith(), linkWith()];
    const meter = new LinkMeter();
    one.blocks.bytesUp = MIB;
    expect(meter.take(other.link).bytesDown).toBe(0);
    expect(meter.take(one.link).bytesDown).toBe(MIB);
  });
});
