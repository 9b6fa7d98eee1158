import { webRtcDirect } from '../../src/net/webrtc.ts';
import { WANT_WINDOW } from '../../src/protocol/limits.ts';
import { dialFar } from './wire-dial.ts';
import { libp2pFixture } from './wire-fixture.ts';
import { describeWire } from './wire.ts';

const transports = [webRtcDirect()];

describeWire(
  'webrtc-direct',
  () =>
    libp2pFixture({
      listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct', '/ip4/127.0.0.1/udp/0/webrtc-direct'],
      transports,
      dialFar: (address) => dialFar(address, transports),
    }),
  // Data channels have no back-pressure: what is not read would collect without end.
  { slowReader: 'ends', window: WANT_WINDOW },
);
