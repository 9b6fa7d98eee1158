/**
 * The real coordinator, a process of its own, that takes every result for right: with a GPU that computes
 * nothing there is nothing to check. No option of the coordinator does that; here its pool is replaced.
 */
import { type Logger, silentLogger } from '../../../src/core/logger.ts';
import { startCoordinator } from '../../../src/coordinator/coordinator.ts';
import { VerifyPool } from '../../../src/coordinator/verify-pool.ts';
import { dilatedClock } from './dilated-clock.ts';
import { addPast } from './past.ts';

export interface CoordinatorTask {
  readonly dataDir: string;
  readonly dilation: number;
  readonly originMs: number;
  /** PeerIds that have done well before: they may hold several leases from the start. */
  readonly known: readonly string[];
}

export interface CoordinatorReady {
  readonly url: string;
  readonly token: string;
  readonly peerAddresses: readonly string[];
}

export interface CoordinatorUsage {
  readonly cpuMs: number;
}

export type ToCoordinator = 'usage' | 'close';

const task = JSON.parse(process.argv[2] ?? '{}') as CoordinatorTask;
VerifyPool.prototype.run = (verify) =>
  Promise.resolve(verify.kind === 'project' ? { y: new Float64Array(0) } : { ok: true });
if (task.known.length > 0) await addPast(task.dataDir, task.known);
const say = (fields: object, message: string): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
};
const log: Logger = { ...silentLogger, warn: say, error: say };
const coordinator = await startCoordinator({
  dataDir: task.dataDir,
  port: 0,
  peerPort: 0,
  threads: 1,
  log,
  clock: dilatedClock(task.dilation, task.originMs),
});
process.on('message', (message: ToCoordinator) => {
  if (message === 'close') {
    void coordinator.close().then(() => process.exit(0));
    return;
  }
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 } satisfies CoordinatorUsage);
});
process.once('disconnect', () => process.exit(1));
const { url, token, peerAddresses } = coordinator;
process.send?.({ url, token, peerAddresses } satisfies CoordinatorReady);
