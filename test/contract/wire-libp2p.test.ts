import { memory } from '@libp2p/memory';
import { describeWire } from './wire.ts';
import { dialFar } from './wire-dial.ts';
import { libp2pFixture } from './wire-fixture.ts';

const inMemory = [memory()];

describeWire('libp2p in memory', () =>
  libp2pFixture({
    listen: ['/memory/wire', '/memory/wire-bare'],
    transports: inMemory,
    dialFar: (address) => dialFar(address, inMemory),
  }),
);

describeWire('libp2p over WebSocket', () =>
  libp2pFixture({
    listen: ['/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/tcp/0/ws'],
    dialFar: (address) => dialFar(address),
  }),
);
