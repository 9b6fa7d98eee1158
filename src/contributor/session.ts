/**
 * One connection's conversation with the coordinator: greet, take leases, commit results, keep
 * receipts. Results outlive the connection in the outbox; everything else here dies with it.
 */
import { Semaphore, orAborted, withPermit } from '../core/async.ts';
import { AppError, isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import type { Link } from '../net/link.ts';
import { decodeFromCoordinator } from '../protocol/control.ts';
import { type Lease, type Opened, openLease } from '../protocol/envelope.ts';
import { WELCOME_DEADLINE_MS } from '../protocol/limits.ts';
import type { FromCoordinator } from '../protocol/messages.ts';
import { FirstWord } from './first-word.ts';
import { type Computed, LeaseWorker } from './lease-worker.ts';
import { LeaseTable } from './lease-table.ts';
import { LinkMeter } from './link-estimate.ts';
import { Manners } from './manners.ts';
import { openOwnReceipt } from './own-receipt.ts';
import { LEASES_IN_FLIGHT } from './ranges.ts';
import { Restraint } from './restraint.ts';
import type { SessionContext } from './session-context.ts';
import { Speaker } from './speaker.ts';
import { statementError } from './statement-error.ts';

export class ContributorSession {
  readonly #link: Link;
  readonly #context: SessionContext;
  readonly #manners: Manners;
  readonly #speaker: Speaker;
  readonly #worker: LeaseWorker;
  readonly #meter: LinkMeter;
  readonly #firstWord: FirstWord;
  readonly #restraint: Restraint;
  readonly #leases = new LeaseTable(() => this.#finishIfDone());
  readonly #slots = new Semaphore(LEASES_IN_FLIGHT);
  /** Known answers are being repeated: no lease is asked for meanwhile. */
  #testing = false;
  readonly #ended = new AbortController();
  /** Nobody listens any more. */
  readonly #over: AbortSignal;
  #replaced = false;
  #stopIntroduction: () => void = () => {};
  #fatal: AppError | undefined;

  constructor(link: Link, context: SessionContext) {
    this.#link = link;
    this.#context = context;
    this.#manners = new Manners(context.clock);
    this.#speaker = new Speaker(link, context);
    this.#worker = new LeaseWorker(link, context, this.#speaker);
    this.#meter = new LinkMeter(link.blocks, context.linkEstimate);
    this.#over = AbortSignal.any([context.signal, this.#ended.signal]);
    const { wishes, clock, linkEstimate } = context;
    this.#firstWord = new FirstWord({
      clock,
      isKnown: () => linkEstimate.rate('down') > 0,
      isLoading: () => this.#leases.uncomputed > 0,
      measure: () => this.#meter.read('down'),
      tell: () => void this.#ready().catch(() => {}),
    });
    this.#restraint = new Restraint({
      wishes,
      clock,
      handBack: (why) => this.#leases.handBack(why),
      onChange: () => this.#heed(),
    });
  }

  /**
   * Until the link has ended and nothing of this session runs any more.
   * @throws AppError 'bad-frame', 'bad-signature' or 'too-large' for a coordinator that breaks the protocol,
   *   'timeout' for one that does not answer, and what a test it asked for threw.
   */
  async run(): Promise<void> {
    const { signal } = this.#context;
    const stop = (): void => void this.#goodbye();
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
      this.#firstWord.end();
      this.#restraint.end();
      this.#stopIntroduction();
      this.#ended.abort();
      this.#leases.cancelAll();
      await this.#link.close();
      // The GPU's room is the next session's: what was stopped has given it back by now.
      await this.#leases.settled();
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
      this.#manners.check(message, this.#leases.running);
      await this.#handle(message);
    }
  }

  /** Says goodbye if the link still can, then ends it: a visitor who stops waits for nobody. */
  async #goodbye(): Promise<void> {
    this.#leases.cancelAll();
    // One that was replaced keeps silent: its goodbye would be taken for that of the connection in its place.
    if (!this.#replaced) await this.#speaker.goodbye();
    this.#ended.abort();
    await this.#link.close();
  }

  async #handle(message: FromCoordinator): Promise<void> {
    const { emit, outbox } = this.#context;
    switch (message.type) {
      case 'welcome':
        emit({ ...message, type: 'welcome' });
        this.#stopIntroduction = this.#speaker.introduce(message.revision ?? 0);
        for (const result of outbox.pending()) await this.#speaker.commit(result);
        this.#heed();
        return;
      case 'self-test':
        emit({ type: 'self-test' });
        this.#leases.track(this.#selfTest());
        return;
      case 'lease':
        await this.#lease(message.envelope);
        return;
      case 'cancel': {
        const known = this.#leases.cancel(message.lease);
        if ((await this.#drop(message.lease)) || known) {
          emit({ type: 'ended', lease: message.lease, reason: 'cancelled', text: message.reason });
        }
        this.#finishIfDone();
        return;
      }
      case 'receipt':
        await this.#receipt(message.envelope);
        this.#finishIfDone();
        return;
      case 'notice':
        if (message.lease !== undefined && (message.code === 'rejected' || message.code === 'stale')) {
          if (!(await this.#drop(message.lease))) return;
          emit({ type: 'ended', lease: message.lease, reason: message.code, text: message.text });
          if (message.code === 'stale') await this.#ready();
          this.#finishIfDone();
        } else {
          this.#replaced ||= message.code === 'replaced';
          if (message.code === 'profile-kept' || message.code === 'profile-refused')
            this.#context.introduction.answered();
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
    if (this.#leases.has(id) || this.#context.outbox.get(id)) return;
    this.#leases.track(this.#accept(opened, envelope));
  }

  /** Known answers again, once the leases in flight have given their memory back. */
  async #selfTest(): Promise<void> {
    if (this.#testing) return;
    this.#testing = true;
    try {
      await this.#leases.settled();
      await this.#restraint.pass(this.#over);
      await orAborted(this.#context.backend.selfTest(), this.#over);
      this.#context.emit({ type: 'self-tested' });
    } catch (thrown) {
      if (this.#over.aborted) return;
      this.#fail(toAppError(thrown));
    } finally {
      this.#testing = false;
      if (!this.#over.aborted) await this.#ready().catch(() => {});
    }
  }

  /** Computes one lease and commits its result. Never rejects: a failure is declined. */
  async #accept(opened: Opened<Lease>, envelope: Uint8Array): Promise<void> {
    const { emit, outbox } = this.#context;
    const { id } = opened.value;
    const signal = this.#leases.add(id);
    try {
      await this.#do(opened, envelope, signal);
    } catch (thrown) {
      // Cancelled by the coordinator, unless a reason of ours is with it.
      const error: unknown = signal.aborted ? signal.reason : toAppError(thrown);
      if (!this.#over.aborted && isAppError(error) && !outbox.get(id)) {
        emit({ type: 'ended', lease: id, reason: 'declined', text: error.message });
        const { code, message: reason } = error;
        await this.#speaker.say({ type: 'decline', lease: id, code, reason }).catch(() => {});
      }
    } finally {
      this.#leases.remove(id);
      void this.#speaker.evictions();
      this.#computed(id);
    }
  }

  async #do(opened: Opened<Lease>, envelope: Uint8Array, signal: AbortSignal): Promise<void> {
    const { outbox, peerId } = this.#context;
    const lease = opened.value;
    if (lease.contributor !== peerId) throw new AppError('wrong-peer', 'this lease is for somebody else');
    const { refusal } = this.#restraint;
    if (refusal) throw refusal;
    if (outbox.full) throw new AppError('out-of-memory', 'too many results wait for their receipts');
    // A grant may cross a Ready: what is one too many waits here, not for memory that others hold.
    const compute = async (): Promise<Computed> => {
      await this.#restraint.pass(signal);
      this.#firstWord.begin();
      return this.#worker.compute(lease, signal);
    };
    const computed = await withPermit(this.#slots, compute, signal);
    const staged = outbox.expect(computed.blocks);
    try {
      // The GPU is free: the next lease must not wait for hashes and signatures.
      this.#computed(lease.id);
      const result = await this.#worker.seal(opened, envelope, computed, signal);
      staged();
      await this.#speaker.commit(result);
    } finally {
      const { full } = outbox;
      staged();
      if (full && !outbox.full && !this.#over.aborted) void this.#ready().catch(() => {});
    }
  }

  /** It needs the GPU no more: another lease may come. Once for each lease, or two would come in its place. */
  #computed(lease: string): void {
    if (!this.#leases.computed(lease) || this.#over.aborted) return;
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

  /** Says what the visitor's wishes come to, now that they have changed or somebody listens. */
  #heed(): void {
    if (this.#over.aborted) return;
    if (this.#manners.welcomed) {
      const said = this.#context.wishes.finishing ? this.#speaker.finishing() : this.#ready();
      said.catch(() => {});
    }
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    const { wishes, outbox, onFinished } = this.#context;
    if (!wishes.finishing || this.#over.aborted) return;
    if (this.#leases.running === 0 && outbox.pending().length === 0) onFinished();
  }

  /** How many more leases would be taken now: absolute, so that a repeated message does no harm. */
  #ready(): Promise<void> {
    if (this.#testing || this.#context.wishes.finishing) return Promise.resolve();
    const full = this.#context.outbox.full || !this.#restraint.takes;
    return this.#speaker.ready(full ? 0 : Math.max(0, LEASES_IN_FLIGHT - this.#leases.uncomputed));
  }
}
