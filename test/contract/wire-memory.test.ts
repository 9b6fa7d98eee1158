import { systemClock } from '../../src/core/clock.ts';
import { memoryChannelPair } from '../../src/net/channel.ts';
import { createLink, memoryLinkPair } from '../../src/net/link.ts';
import { WANT_WINDOW } from '../../src/protocol/limits.ts';
import { type WireFixture, describeWire } from './wire.ts';
import { FAR_SEED, farEnd, testBlocks } from './wire-far.ts';

const memory = async (): Promise<WireFixture> => {
  const blocks = await testBlocks(FAR_SEED);
  return {
    async open(source) {
      const [near, far] = memoryLinkPair({
        clock: systemClock,
        peers: ['near', 'far'],
        sources: [source, blocks.source],
      });
      return { near, far: farEnd(far) };
    },
    async openBare() {
      const [nearControl, farControl] = memoryChannelPair();
      const [nearBlocks, farBlocks] = memoryChannelPair();
      const far = createLink({
        peer: 'near',
        address: '/memory/near',
        control: farControl,
        blocks: farBlocks,
        clock: systemClock,
        source: blocks.source,
        ended: new Promise(() => {}),
        async shut(error) {
          if (error) for (const channel of [farControl, farBlocks]) channel.abort(error);
          await Promise.all([farControl.close(), farBlocks.close()]);
        },
      });
      return { control: nearControl, blocks: nearBlocks, far: farEnd(far) };
    },
    close: async () => {},
  };
};

describeWire('memory channels', memory, { window: WANT_WINDOW });
