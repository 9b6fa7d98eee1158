import { describe, expect, it } from 'vitest';
import { LinkMeter } from '../../src/coordinator/link-meter.ts';
import type { Link } from '../../src/net/link.ts';

const MIB = 1 << 20;

interface Counters {
  bytesUp: number;
  bytesDown: number;
  arrivals: { bytes: number; ms: number };
  unpackedDown: number;
}

function linkWith(): { link: Link; blocks: Counters } {
  const blocks: Counters = { bytesUp: 0, bytesDown: 0, arrivals: { bytes: 0, ms: 0 }, unpackedDown: 0 };
  return { link: { blocks } as unknown as Link, blocks };
}

describe('the meter of a link', () => {
  it('counts what it carried since the last result, and how fast results came one after the other', () => {
    const { link, blocks } = linkWith();
    const meter = new LinkMeter();
    Object.assign(blocks, { bytesUp: 10 * MIB, bytesDown: 2 * MIB, unpackedDown: 4 * MIB });
    blocks.arrivals = { bytes: MIB, ms: 500 };
    expect(meter.take(link)).toEqual({ bytesDown: 10 * MIB, bytesUp: 2 * MIB, up: 2 * MIB, packed: 0.5 });
    blocks.bytesUp += MIB;
    expect(meter.take(link)).toEqual({ bytesDown: MIB, bytesUp: 0, up: 0, packed: 1 });
    blocks.bytesDown += MIB;
    blocks.unpackedDown += MIB;
    blocks.arrivals = { bytes: 2 * MIB, ms: 600 };
    expect(meter.take(link)).toEqual({ bytesDown: 0, bytesUp: MIB, up: 10 * MIB, packed: 1 });
  });

  it('says nothing of the speed of a link that carried little, and believes no timer below its noise', () => {
    const { link, blocks } = linkWith();
    const meter = new LinkMeter();
    blocks.arrivals = { bytes: 1000, ms: 1 };
    expect(meter.take(link)).toMatchObject({ up: 0 });
    blocks.arrivals = { bytes: 1000 + MIB, ms: 1.01 };
    expect(meter.take(link)).toMatchObject({ up: 20 * MIB });
  });

  it('keeps links apart', () => {
    const [one, other] = [linkWith(), linkWith()];
    const meter = new LinkMeter();
    one.blocks.bytesUp = MIB;
    expect(meter.take(other.link).bytesDown).toBe(0);
    expect(meter.take(one.link).bytesDown).toBe(MIB);
  });
});
