/**
 * The attacked coordinator, a process of its own so that its memory can be told from the attackers'. Its
 * parent reads its log, asks for its memory, and puts its clock forward. Its options are the first argument.
 */
import { type Logger, silentLogger } from '../../../src/core/logger.ts';
import { startCoordinator } from '../../../src/coordinator/coordinator.ts';
import type { CoordinatorOptions } from '../../../src/coordinator/options.ts';
import { JumpClock } from '../../helpers/jump-clock.ts';

export type ToCoordinator = { readonly jump: number } | { readonly usage: true } | { readonly close: true };

export type FromCoordinator =
  | { readonly type: 'ready'; readonly url: string; readonly token: string; readonly peerAddresses: string[] }
  | { readonly type: 'log'; readonly fields: Record<string, unknown>; readonly message: string }
  | {
      readonly type: 'usage';
      /** Bytes, once garbage is collected. */
      readonly rss: number;
      readonly heap: number;
      /** Processor time of all threads so far. */
      readonly cpuMs: number;
    };

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<CoordinatorOptions, 'log' | 'clock'>;
const clock = new JumpClock();
const send = (message: FromCoordinator): void => void process.send?.(message);
const record = (fields: object, message: string): void => {
  send({ type: 'log', fields: fields as Record<string, unknown>, message });
};
const log: Logger = { ...silentLogger, info: record, warn: record, error: record };
const coordinator = await startCoordinator({ ...options, clock, log });
process.on('message', (message: ToCoordinator) => {
  if ('jump' in message) clock.jump(message.jump);
  else if ('usage' in message) {
    // What is garbage is no growth: the parent starts this process with --expose-gc.
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed: heap } = process.memoryUsage();
    send({ type: 'usage', rss, heap, cpuMs: (user + system) / 1000 });
  } else void coordinator.close().then(() => process.exit(0));
});
process.once('disconnect', () => process.exit(1));
const { url, token, peerAddresses } = coordinator;
send({ type: 'ready', url, token, peerAddresses: [...peerAddresses] });
