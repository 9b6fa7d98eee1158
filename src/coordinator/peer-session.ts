/** One contributor's control stream: its Hello within ten seconds, its messages at a bearable rate. */
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Link } from '../net/link.ts';
import { decodeFromContributor, encodeFromCoordinator } from '../protocol/control.ts';
import {
  CONTROL_BURST,
  HELLO_DEADLINE_MS,
  MAX_CLAIMS_PER_PEER,
  MAX_CONTROL_PER_SECOND,
  PROTOCOL_VERSION,
} from '../protocol/limits.ts';
import type { FromContributor, FromCoordinator, Hello } from '../protocol/messages.ts';
import { type Held, type Standing, roomFor } from './standing.ts';

/** A contributor that keeps declining must not spin: 0.5 s, doubling to a minute. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
/** Messages that wait for room on the link; what a contributor that reads has waiting is a few. */
const MAX_UNSENT = 256;

export class PeerSession {
  readonly link: Link;
  readonly hello: Hello;
  readonly connectedMs: number;
  standing: Standing;
  /** Leases that the contributor would take now, by its own word. */
  wanted = 0;
  /** It has asked for work before. */
  hasArrived = false;
  /** When it asked for a lease that it has not got yet; undefined where there was none for it. */
  askedMs: number | undefined;
  /** When it said something last. */
  seenMs: number;
  /** What its leases came to since it connected. */
  readonly tally = { verified: 0, rejected: 0, failed: 0 };
  /** It said that it takes none any more: what it holds, it will finish. */
  finishing = false;
  /** Known answers were asked for again; no lease until they have come. */
  testing = false;
  /** No lease before this time: the last ones came to nothing. */
  resumeMs = 0;
  #failures = 0;
  #unsent = 0;
  /** Commits that are being judged. */
  #claims = 0;
  /** It has been told that there is nothing to do. */
  toldIdle = false;

  constructor(link: Link, hello: Hello, standing: Standing, now: number) {
    this.link = link;
    this.hello = hello;
    this.standing = standing;
    this.connectedMs = now;
    this.seenMs = now;
  }

  get peer(): string {
    return this.link.peer;
  }

  /** It would take so many leases now. */
  asked(leases: number, now: number): void {
    this.wanted = leases;
    this.askedMs = leases > 0 ? now : undefined;
  }

  /** A lease came to nothing, for whatever reason: each time in a row, wait twice as long. */
  failed(now: number): void {
    this.resumeMs = now + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** A commit that is about to be judged; call what it returns afterwards. @throws AppError 'too-large'. */
  claim(): () => void {
    if (this.#claims >= MAX_CLAIMS_PER_PEER)
      throw new AppError('too-large', `more than ${MAX_CLAIMS_PER_PEER} results were handed in at once`);
    this.#claims += 1;
    return () => {
      this.#claims -= 1;
    };
  }

  /** Leases that it may be given now. */
  room(held: Held, now: number): number {
    const none = this.finishing || this.testing || now < this.resumeMs;
    return none ? 0 : Math.min(this.wanted, roomFor(this.standing, held));
  }

  /**
   * Never rejects: a link that cannot take the message is about to report its own end. A contributor that
   * asks and never reads the answers is hung up on, or they would fill our memory.
   */
  async send(message: FromCoordinator): Promise<boolean> {
    if (this.#unsent >= MAX_UNSENT) {
      void this.link.close('it does not read its messages');
      return false;
    }
    this.#unsent += 1;
    try {
      await this.link.control.send(encodeFromCoordinator(message));
      return true;
    } catch {
      return false;
    } finally {
      this.#unsent -= 1;
    }
  }

  notice(
    code: string,
    text: string,
    { lease, retryAfterMs = 0 }: { readonly lease?: string; readonly retryAfterMs?: number } = {},
  ): Promise<boolean> {
    return this.send({ type: 'notice', code, text, retryAfterMs, ...(lease !== undefined && { lease }) });
  }

  /** Says so, and hangs up. */
  async banned(reason: string): Promise<void> {
    await this.notice('banned', `The operator of this network has banned this contributor: ${reason}`);
    await this.link.close('banned');
  }
}

/**
 * The first message of a link.
 * @param openedMs - when its connection was made
 * @throws AppError 'timeout', 'closed' or 'bad-frame'.
 */
export async function receiveHello(link: Link, clock: Clock, openedMs: number = clock.now()): Promise<Hello> {
  const late = new AbortController();
  const leftMs = Math.max(0, openedMs + HELLO_DEADLINE_MS - clock.now());
  const cancel = clock.after(leftMs, () => {
    late.abort();
  });
  try {
    const frame = await link.control.receive(late.signal).catch((error: unknown) => {
      if (!late.signal.aborted) throw error;
      throw new AppError('timeout', `no Hello within ${HELLO_DEADLINE_MS / 1000} s`);
    });
    const message = frame && decodeFromContributor(frame);
    if (!message) throw new AppError('closed', 'the contributor left before its Hello');
    if (message.type !== 'hello') throw new AppError('bad-frame', 'the first message must be a Hello');
    if (message.version !== PROTOCOL_VERSION) {
      throw new AppError('bad-frame', `protocol version ${message.version} is not spoken here`);
    }
    return message;
  } finally {
    cancel();
  }
}

/** Hands every later message to `handle`. @throws AppError 'too-large' above the allowed rate, 'bad-frame'. */
export async function receiveMessages(
  link: Link,
  clock: Clock,
  handle: (message: FromContributor) => void,
): Promise<void> {
  const allowance = new Allowance(clock, { burst: CONTROL_BURST, perSecond: MAX_CONTROL_PER_SECOND });
  for (;;) {
    const frame = await link.control.receive();
    if (!frame) return;
    if (!allowance.take()) throw new AppError('too-large', 'the contributor sends control messages too fast');
    handle(decodeFromContributor(frame));
  }
}
