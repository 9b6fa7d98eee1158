/** The control and blocks streams of one connection: one life, one heartbeat, one end. */
import type { Clock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { HEARTBEAT_MS, MAX_CONTROL_BYTES, SILENCE_MS } from '../protocol/limits.ts';
import { BlockExchange } from './block-exchange.ts';
import type { BlockSource } from './block-provider.ts';
import { type EndingChannel, type FrameChannel, closedError, memoryChannelPair } from './channel.ts';

export interface Link {
  /** PeerId of the other end, proven by the handshake. */
  readonly peer: string;
  /** Where the other end is, as a multiaddr. */
  readonly address: string;
  readonly control: FrameChannel;
  readonly blocks: BlockExchange;
  /** Resolves once, when both streams and the socket are gone, whatever ended them. */
  readonly closed: Promise<void>;
  /** Why this end gave up on the other one; undefined where it did not. */
  readonly failure: AppError | undefined;
  /** Sends what is on its way, for a short while, then closes the socket. May be repeated. */
  close(reason?: string): Promise<void>;
}

export interface LinkParts {
  readonly peer: string;
  readonly address: string;
  readonly control: EndingChannel;
  readonly blocks: EndingChannel;
  readonly clock: Clock;
  readonly source: BlockSource;
  /** The source holds results. @default false */
  readonly pack?: boolean;
  /** Resolves when so many bytes of a block may leave. @default at once */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Wants without an answer at any time. @default WANT_WINDOW */
  readonly window?: number | undefined;
  /** Settles when the connection has ended by itself. */
  readonly ended: Promise<unknown>;
  /** Ends the connection: in order, or at once when there is an error. Must not reject. */
  shut(error: AppError | undefined): Promise<void>;
}

/** A Goodbye or a Receipt on its way gets this long to leave a slow uplink. */
export const CLOSE_MS = 2_000;

const HEARTBEAT = new Uint8Array(0);

/** Takes over both channels: runs the block exchange and ends the link when either stream ends. */
export function createLink(parts: LinkParts): Link {
  const { control, blocks: channel } = parts;
  const blocks = new BlockExchange(channel, parts);
  const closed = Promise.withResolvers<void>();
  let closing: Promise<void> | undefined;
  let failure: AppError | undefined;

  const end = (error?: AppError): Promise<void> => {
    // The end of a stream may be seen before its reason.
    if (error && error.code !== 'closed') failure ??= error;
    closing ??= (async () => {
      stopPulse();
      await parts.shut(error);
      closed.resolve();
    })();
    return closing;
  };
  const stopPulse = startPulse(parts, end);
  blocks.run().then(
    () => end(),
    (error: unknown) => end(toAppError(error)),
  );
  Promise.race([parts.ended, control.ended, channel.ended]).then(
    () => end(),
    () => end(),
  );
  return {
    peer: parts.peer,
    address: parts.address,
    control,
    blocks,
    closed: closed.promise,
    get failure() {
      return failure;
    },
    close: () => end(),
  };
}

/**
 * Every HEARTBEAT_MS: an empty control frame if nothing was sent meanwhile, and the end of the link if nothing
 * was heard for SILENCE_MS. Data counts as a sign of life, so a slow upload never looks like silence.
 */
function startPulse(parts: LinkParts, end: (error: AppError) => Promise<void>): () => void {
  const { clock, control, blocks } = parts;
  const bytesSent = (): number => control.bytesOut + blocks.bytesOut;
  const bytesHeard = (): number => control.bytesIn + blocks.bytesIn;
  let sent = 0;
  let heard = 0;
  let heardAt = clock.now();
  let beating = false;
  let cancel = clock.after(HEARTBEAT_MS, beat);
  function beat(): void {
    if (bytesHeard() !== heard) heardAt = clock.now();
    heard = bytesHeard();
    if (clock.now() - heardAt >= SILENCE_MS) {
      void end(new AppError('timeout', `the other end was silent for ${SILENCE_MS / 1000} s`));
      return;
    }
    cancel = clock.after(HEARTBEAT_MS, beat);
    const quiet = bytesSent() === sent;
    sent = bytesSent();
    if (!quiet || beating) return;
    beating = true;
    const sentIt = (): void => {
      beating = false;
      sent = bytesSent();
    };
    control.send(HEARTBEAT).then(sentIt, () => {});
  }
  return () => cancel();
}

export interface MemoryLinkOptions {
  readonly clock: Clock;
  readonly peers: readonly [string, string];
  readonly sources: readonly [BlockSource, BlockSource];
}

/** Two joined links in one process, for tests: the first end is of peers[0] and sees peers[1]. */
export function memoryLinkPair({ clock, peers, sources }: MemoryLinkOptions): [Link, Link] {
  const control = memoryChannelPair({ maxFrameBytes: MAX_CONTROL_BYTES });
  const blocks = memoryChannelPair();
  const ended = Promise.withResolvers<void>();
  const all = [...control, ...blocks];
  const abort = (error: AppError): void => {
    for (const channel of all) channel.abort(error);
  };
  const shut = async (error?: AppError): Promise<void> => {
    if (error) abort(error);
    const cancel = clock.after(CLOSE_MS, () => abort(closedError()));
    await Promise.all(all.map((channel) => channel.close()));
    cancel();
    ended.resolve();
  };
  const link = (own: 0 | 1): Link =>
    createLink({
      peer: peers[1 - own]!,
      address: `/memory/${own}`,
      control: control[own],
      blocks: blocks[own],
      clock,
      source: sources[own],
      ended: ended.promise,
      shut,
    });
  return [link(0), link(1)];
}
