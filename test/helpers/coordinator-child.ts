/** A coordinator as a process of its own, for tests that kill it. Its options are the first argument, as JSON. */
import { silentLogger } from '../../src/core/logger.ts';
import { startCoordinator } from '../../src/coordinator/coordinator.ts';
import type { CoordinatorOptions } from '../../src/coordinator/options.ts';

export interface ChildReady {
  readonly url: string;
  readonly token: string;
  readonly peerId: string;
  readonly peerAddresses: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<CoordinatorOptions, 'log'>;
const coordinator = await startCoordinator({ ...options, log: silentLogger });
const { url, token, peerId, peerAddresses } = coordinator;
const ready: ChildReady = { url, token, peerId, peerAddresses };
process.stdout.write(`${JSON.stringify(ready)}\n`);
// The parent keeps stdin open: when it dies, however it dies, so does its coordinator.
process.stdin.resume().once('end', () => process.exit(1));
process.once('SIGTERM', () => void coordinator.close().then(() => process.exit(0)));
