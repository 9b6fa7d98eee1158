/** One contributor, a process of its own as on a machine of its own: the real engine over a stub GPU. */
import { systemClock } from '../../../src/core/clock.ts';
import { cryptoRng } from '../../../src/core/rng.ts';
import { fromHex } from '../../../src/core/bytes.ts';
import { DEFAULT_DISK_BYTES } from '../../../src/contributor/api.ts';
import { BlockDisk } from '../../../src/contributor/block-disk.ts';
import { Engine } from '../../../src/contributor/engine.ts';
import { Outbox } from '../../../src/contributor/outbox.ts';
import { ContributorNode } from '../../../src/net/contributor-node.ts';
import type { Link } from '../../../src/net/link.ts';
import { keyFromBytes, peerIdOf } from '../../../src/protocol/keys.ts';
import { dilatedClock } from './dilated-clock.ts';
import { RamFile } from './ram-file.ts';
import { StubBackend } from './stub-backend.ts';
import { dialThrough } from './unix-websocket.ts';

export interface EngineTask {
  readonly addresses: readonly string[];
  /** Of the link's proxy. */
  readonly path: string;
  /** Hexadecimal. */
  readonly key: string;
  readonly rate: number;
  readonly memoryBytes: number;
  readonly dilation: number;
  readonly originMs: number;
}

export interface EngineReport {
  /** Blocks as they travelled, each way, and what the results unpack to. */
  readonly down: number;
  readonly up: number;
  readonly unpackedUp: number;
  /** Times in which the GPU computed, ms since `originMs`: from, to, from, to, … */
  readonly busy: readonly number[];
  readonly cpuMs: number;
}

export type ToEngine = 'report' | 'stop';

const task = JSON.parse(process.argv[2] ?? '{}') as EngineTask;
const { originMs } = task;
dialThrough(task.path);
const key = keyFromBytes(fromHex(task.key));
const clock = dilatedClock(task.dilation, originMs, systemClock);
const outbox = new Outbox();
const links: Link[] = [];
const busy: number[] = [];
const node = new ContributorNode({
  key,
  addresses: task.addresses,
  clock,
  rng: cryptoRng,
  source: outbox.source,
});
/** A disk as large as visitors' are unless they choose otherwise; in memory, so that nothing waits for this machine's. */
const disk = new BlockDisk({
  data: new RamFile(DEFAULT_DISK_BYTES),
  index: new RamFile(DEFAULT_DISK_BYTES),
  budgetBytes: DEFAULT_DISK_BYTES,
  clock,
});
const engine = new Engine({
  key,
  peerId: peerIdOf(key),
  node: {
    connectForever: (options) =>
      node.connectForever({
        ...options,
        onLink: (link) => {
          links.push(link);
          return options.onLink(link);
        },
      }),
    wake: () => node.wake(),
    stop: () => node.stop(),
  },
  outbox,
  disk,
  openBackend: () =>
    Promise.resolve(
      new StubBackend({
        rate: task.rate,
        memoryBytes: task.memoryBytes,
        clock,
        onBusy: (from, to) => busy.push(from - originMs, to - originMs),
      }),
    ),
  clock,
  onStatus: (status) => {
    if (status.stage === 'failed') process.stderr.write(`a contributor failed: ${status.detail}\n`);
  },
});
const running = engine.run();

process.on('message', (message: ToEngine) => {
  if (message === 'stop') {
    engine.stop();
    void running.then(() => process.exit(0));
    return;
  }
  const sum = (of: (link: Link) => number): number => links.reduce((total, link) => total + of(link), 0);
  const { user, system } = process.cpuUsage();
  const report: EngineReport = {
    down: sum(({ blocks }) => blocks.bytesDown),
    up: sum(({ blocks }) => blocks.bytesUp),
    unpackedUp: sum(({ blocks }) => blocks.unpackedUp),
    busy,
    cpuMs: (user + system) / 1000,
  };
  process.send?.(report);
});
process.once('disconnect', () => process.exit(1));
