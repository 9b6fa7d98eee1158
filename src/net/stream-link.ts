/** A Link over a libp2p connection and its two streams. */
import type { Connection, Stream } from '@libp2p/interface';
import type { Clock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import { MAX_BLOCK_FRAME_BYTES, MAX_CONTROL_BYTES, WANT_WINDOW } from '../protocol/limits.ts';
import type { BlockSource } from './block-provider.ts';
import { closedError } from './channel.ts';
import { CLOSE_MS, type Link, createLink } from './link.ts';
import { StreamChannel } from './stream-channel.ts';

/**
 * Blocks may lie unread, as they were asked for. A stream that is paused after each one stands still until all are
 * read that had come meanwhile, and then until the next are sent.
 */
const READ_AHEAD_BYTES = WANT_WINDOW * MAX_BLOCK_FRAME_BYTES;

export interface StreamLinkParts {
  readonly connection: Connection;
  readonly control: Stream;
  readonly blocks: Stream;
  readonly clock: Clock;
  readonly source: BlockSource;
  /** The source holds results. @default false */
  readonly pack?: boolean;
  /** Resolves when so many bytes of a block may leave. @default at once */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Wants without an answer at any time. @default WANT_WINDOW */
  readonly window?: number | undefined;
}

export function linkOver(parts: StreamLinkParts): Link {
  const { connection, control, blocks, clock, source, pack = false, pace, window } = parts;
  const channels = {
    control: new StreamChannel(control, MAX_CONTROL_BYTES),
    blocks: new StreamChannel(blocks, MAX_BLOCK_FRAME_BYTES, READ_AHEAD_BYTES),
  };
  return createLink({
    peer: connection.remotePeer.toString(),
    address: connection.remoteAddr.toString(),
    ...channels,
    clock,
    source,
    pack,
    pace,
    window,
    ended: closeOf(connection),
    async shut(error) {
      if (error) connection.abort(error);
      else await shutInOrder(connection, channels.control, clock);
      await closeOf(connection);
    },
  });
}

/** Closes the connection, by force when that takes long or fails. Never rejects. */
export async function closeConnection(connection: Connection, clock: Clock): Promise<void> {
  const deadline = new AbortController();
  const cancel = clock.after(CLOSE_MS, () => deadline.abort(closedError()));
  try {
    await connection.close({ signal: deadline.signal });
  } catch (error) {
    connection.abort(toAppError(error, 'closed'));
  } finally {
    cancel();
  }
}

async function shutInOrder(connection: Connection, control: StreamChannel, clock: Clock): Promise<void> {
  const cancel = clock.after(CLOSE_MS, () => connection.abort(closedError()));
  await control.close();
  cancel();
  await closeConnection(connection, clock);
}

/** libp2p may emit 'close' twice and before anybody listens. */
function closeOf(connection: Connection): Promise<void> {
  if (['closed', 'aborted', 'reset'].includes(connection.status)) return Promise.resolve();
  return new Promise((resolve) => connection.addEventListener('close', () => resolve(), { once: true }));
}
