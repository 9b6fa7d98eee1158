/**
 * One connection's conversation with the coordinator: greet, take leases, commit results, keep
 * receipts. Results outlive the connection in the outbox; everything else here dies with it.
 */
import { Semaphore, withPermit } from '../core/async.ts';
import { withDeadline } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import type { Link } from '../net/link.ts';
import { decodeFromCoordinator } from '../protocol/control.ts';
import { type Lease, type Opened, openLease } from '../protocol/envelope.ts';
import { WELCOME_DEADLINE_MS } from '../protocol/limits.ts';
import type { FromContributor, FromCoordinator } from '../protocol/messages.ts';
import { type Computed, LeaseWorker } from './lease-worker.ts';
import { LinkMeter } from './link-estimate.ts';
import { Manners } from './manners.ts';
import type { PendingResult } from './outbox.ts';
import { openOwnReceipt } from './own-receipt.ts';
import { LEASES_IN_FLIGHT } from './ranges.ts';
import type { SessionContext } from './session-context.ts';
import { Speaker } from './speaker.ts';
import { statementError } from './statement-error.ts';

/** How long a visitor who stops waits for the goodbye to leave. */
const GOODBYE_MS = 500;

export class ContributorSession {
  readonly #link: Link;
  readonly #context: SessionContext;
  readonly #manners: Manners;
  readonly #speaker: Speaker;
  readonly #worker: LeaseWorker;
  readonly #meter: LinkMeter;
  /** Leases without a result, and what stops them. */
  readonly #work = new Map<string, AbortController>();
  /** Of these, the ones whose C is not computed yet. */
  readonly #uncomputed = new Set<string>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #slots = new Semaphore(LEASES_IN_FLIGHT);
  /** Known answers are being repeated: no lease is asked for meanwhile. */
  #testing = false;
  readonly #ended = new AbortController();
  #replaced = false;
  #fatal: AppError | undefined;

  constructor(link: Link, context: SessionContext) {
    this.#link = link;
    this.#context = context;
    this.#manners = new Manners(context.clock);
    this.#speaker = new Speaker(link, context);
    this.#worker = new LeaseWorker(link, context, this.#speaker);
    this.#meter = new LinkMeter(link.blocks, context.linkEstimate);
  }

  /**
   * Until the link has ended and nothing of this session runs any more.
   * @throws AppError 'bad-frame', 'bad-signature' or 'too-large' for a coordinator that breaks the protocol,
   *   'timeout' for one that does not answer, and what a test it asked for threw.
   */
  async run(): Promise<void> {
    const { signal } = this.#context;
    const stop = (): void => {
      void this.#goodbye();
    };
    signal.addEventListener('abort', stop, { once: true });
    const cancelDeadline = this.#context.clock.after(WELCOME_DEADLINE_MS, () => {
      if (this.#manners.welcomed) return;
      this.#fail(new AppError('timeout', 'the coordinator does not answer the Hello'));
    });
    try {
      throwIfAborted(signal);
      await this.#speaker.hello();
      await this.#listen();
    } catch (error) {
      if (!signal.aborted && !isAppError(error, 'closed', 'aborted')) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      cancelDeadline();
      this.#ended.abort();
      for (const work of this.#work.values()) work.abort();
      await this.#link.close();
      // The GPU's room is the next session's: what was stopped has given it back by now.
      await Promise.all(this.#tasks);
    }
    // What ended the blocks stream says more than that the control stream ended with it.
    const fatal = this.#fatal ?? this.#link.failure;
    if (fatal && !signal.aborted) throw fatal;
  }

  async #listen(): Promise<void> {
    for (;;) {
      const frame = await this.#link.control.receive(this.#ended.signal);
      if (!frame) return;
      this.#manners.heard();
      const message = decodeFromCoordinator(frame);
      this.#manners.check(message, this.#tasks.size);
      await this.#handle(message);
    }
  }

  /** Says goodbye if the link still can, then ends it: a visitor who stops waits for nobody. */
  async #goodbye(): Promise<void> {
    for (const work of this.#work.values()) work.abort();
    // One that was replaced keeps silent: its goodbye would be taken for that of the connection in its place.
    const said = this.#replaced
      ? Promise.resolve()
      : this.#send({ type: 'goodbye', finish: false, reason: 'stopped' });
    // A link that is gone or full will not take it; the coordinator notices by itself.
    await withDeadline(this.#context.clock, GOODBYE_MS, 'saying goodbye', said).catch(() => {});
    this.#ended.abort();
    await this.#link.close();
  }

  async #handle(message: FromCoordinator): Promise<void> {
    const { emit, outbox } = this.#context;
    switch (message.type) {
      case 'welcome':
        emit({ ...message, type: 'welcome' });
        for (const result of outbox.pending()) await this.#commit(result);
        await this.#ready();
        return;
      case 'self-test':
        emit({ type: 'self-test' });
        this.#track(this.#selfTest());
        return;
      case 'lease':
        await this.#lease(message.envelope);
        return;
      case 'cancel': {
        const work = this.#work.get(message.lease);
        work?.abort();
        if ((await this.#drop(message.lease)) || work) {
          emit({ type: 'ended', lease: message.lease, reason: 'cancelled', text: message.reason });
        }
        return;
      }
      case 'receipt':
        await this.#receipt(message.envelope);
        return;
      case 'notice':
        if (message.lease !== undefined && (message.code === 'rejected' || message.code === 'stale')) {
          if (!(await this.#drop(message.lease))) return;
          emit({ type: 'ended', lease: message.lease, reason: message.code, text: message.text });
          if (message.code === 'stale') await this.#ready();
        } else {
          this.#replaced ||= message.code === 'replaced';
          emit(message);
        }
    }
  }

  /** @throws AppError 'bad-signature' when the lease is not the coordinator's, which ends the connection. */
  async #lease(envelope: Uint8Array): Promise<void> {
    let opened: Opened<Lease>;
    try {
      opened = await openLease(envelope, this.#link.peer);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'bad-frame') throw statementError(error);
      // A kind of work to come, perhaps. Without an id it cannot be declined; its deadline will free it.
      this.#context.emit({ type: 'notice', code: error.code, text: error.message });
      return;
    }
    const { id } = opened.value;
    // Said twice: it is being computed, or waits for its receipt.
    if (this.#work.has(id) || this.#context.outbox.get(id)) return;
    this.#track(this.#accept(opened, envelope));
  }

  /** Known answers again, once the leases in flight have given their memory back. */
  async #selfTest(): Promise<void> {
    if (this.#testing) return;
    this.#testing = true;
    const earlier = Array.from(this.#tasks);
    try {
      await Promise.all(earlier);
      if (this.#over) return;
      await this.#context.backend.selfTest();
      this.#context.emit({ type: 'self-tested' });
    } catch (thrown) {
      if (this.#over) return;
      this.#fail(toAppError(thrown));
    } finally {
      this.#testing = false;
      if (!this.#over) await this.#ready().catch(() => {});
    }
  }

  #track(work: Promise<void>): void {
    const task = work.finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** Computes one lease and commits its result. Never rejects: a failure is declined. */
  async #accept(opened: Opened<Lease>, envelope: Uint8Array): Promise<void> {
    const { emit, outbox } = this.#context;
    const { id } = opened.value;
    const stop = new AbortController();
    this.#work.set(id, stop);
    this.#uncomputed.add(id);
    try {
      await this.#do(opened, envelope, stop.signal);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (!this.#over && !stop.signal.aborted && !outbox.get(id)) {
        emit({ type: 'ended', lease: id, reason: 'declined', text: error.message });
        const { code, message: reason } = error;
        await this.#send({ type: 'decline', lease: id, code, reason }).catch(() => {});
      }
    } finally {
      this.#work.delete(id);
      void this.#speaker.evictions();
      this.#computed(id);
    }
  }

  async #do(opened: Opened<Lease>, envelope: Uint8Array, signal: AbortSignal): Promise<void> {
    const { outbox, peerId } = this.#context;
    const lease = opened.value;
    if (lease.contributor !== peerId) throw new AppError('wrong-peer', 'this lease is for somebody else');
    if (outbox.full) throw new AppError('out-of-memory', 'too many results wait for their receipts');
    // A grant may cross a Ready: what is one too many waits here, not for memory that others hold.
    const compute = (): Promise<Computed> => this.#worker.compute(lease, signal);
    const computed = await withPermit(this.#slots, compute, signal);
    const staged = outbox.expect(computed.blocks);
    try {
      // The GPU is free: the next lease must not wait for hashes and signatures.
      this.#computed(lease.id);
      const result = await this.#worker.seal(opened, envelope, computed, signal);
      staged();
      await this.#commit(result);
    } finally {
      const { full } = outbox;
      staged();
      if (full && !outbox.full && !this.#over) void this.#ready().catch(() => {});
    }
  }

  #commit({ resultEnvelope: result, leaseEnvelope: lease, blocks }: PendingResult): Promise<void> {
    return this.#send({ type: 'commit', result, lease, blocks });
  }

  /** It needs the GPU no more: another lease may come. Once for each lease, or two would come in its place. */
  #computed(lease: string): void {
    if (!this.#uncomputed.delete(lease) || this.#over) return;
    this.#meter.read('down');
    void this.#ready().catch(() => {});
  }

  async #receipt(envelope: Uint8Array): Promise<void> {
    const { peerId: contributor, outbox, emit } = this.#context;
    const own = await openOwnReceipt(envelope, outbox, { coordinator: this.#link.peer, contributor });
    if (!own) return;
    const { receipt, waiting } = own;
    this.#meter.read('up');
    await this.#drop(receipt.lease);
    const { leaseEnvelope: lease, resultEnvelope: result } = waiting;
    emit({ type: 'receipt', receipt, envelope, lease, result });
  }

  /** False when it did not wait here. Says Ready again where that makes room for more results. */
  async #drop(lease: string): Promise<boolean> {
    const { outbox } = this.#context;
    const { full } = outbox;
    if (!outbox.drop(lease)) return false;
    if (full && !outbox.full) await this.#ready();
    return true;
  }

  #fail(error: AppError): void {
    this.#fatal ??= error;
    this.#ended.abort();
    // It may be that nothing we say leaves any more.
    void this.#link.close();
  }

  /** Nobody listens any more. */
  get #over(): boolean {
    return this.#context.signal.aborted || this.#ended.signal.aborted;
  }

  /** How many more leases would be taken now: absolute, so that a repeated message does no harm. */
  #ready(): Promise<void> {
    if (this.#testing) return Promise.resolve();
    const room = this.#context.outbox.full ? 0 : LEASES_IN_FLIGHT - this.#uncomputed.size;
    const down = this.#context.linkEstimate.rate('down');
    return this.#send({
      type: 'ready',
      leases: Math.max(0, room),
      ...(down > 0 && { downBytesPerSecond: down }),
    });
  }

  #send(message: FromContributor): Promise<void> {
    return this.#speaker.say(message);
  }
}
