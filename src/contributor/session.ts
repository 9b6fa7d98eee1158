/**
 * One connection's conversation with the coordinator: greet, take leases, commit results, keep
 * receipts. Results outlive the connection in the outbox; everything else here dies with it.
 */
import { Semaphore, withPermit } from '../core/async.ts';
import { withDeadline } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import { RESULT_DTYPE } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Link } from '../net/link.ts';
import { decodeFromCoordinator } from '../protocol/control.ts';
import { type Lease, type Opened, openLease, sealResult } from '../protocol/envelope.ts';
import { WELCOME_DEADLINE_MS } from '../protocol/limits.ts';
import type { FromContributor, FromCoordinator } from '../protocol/messages.ts';
import { Manners } from './manners.ts';
import { OperandReader } from './operands.ts';
import { openOwnReceipt } from './own-receipt.ts';
import { SeededBlocks } from './seeded-blocks.ts';
import type { SessionContext } from './session-context.ts';
import { LEASES_IN_FLIGHT } from './ranges.ts';
import { computeShard } from './shard.ts';
import { Speaker } from './speaker.ts';
import { statementError } from './statement-error.ts';

/** How long a visitor who stops waits for the goodbye to leave. */
const GOODBYE_MS = 500;

export class ContributorSession {
  readonly #link: Link;
  readonly #context: SessionContext;
  readonly #operands: OperandReader;
  readonly #seeded = new SeededBlocks();
  readonly #manners: Manners;
  readonly #speaker: Speaker;
  readonly #work = new Map<string, AbortController>();
  /** Results on their way to the coordinator, over this connection. */
  readonly #sent = new Map<string, { readonly bytes: number; readonly sinceMs: number }>();
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
    this.#operands = new OperandReader((hash, signal) => link.blocks.fetch(hash, signal));
    this.#manners = new Manners(context.clock);
    this.#speaker = new Speaker(link, context);
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
        for (const result of outbox.pending()) {
          await this.#send({ type: 'commit', result: result.resultEnvelope, lease: result.leaseEnvelope });
        }
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
  async #accept({ value: lease, digest }: Opened<Lease>, envelope: Uint8Array): Promise<void> {
    const { emit, outbox, peerId } = this.#context;
    const stop = new AbortController();
    this.#work.set(lease.id, stop);
    try {
      if (lease.contributor !== peerId) throw new AppError('wrong-peer', 'this lease is for somebody else');
      if (outbox.full) throw new AppError('out-of-memory', 'too many results wait for their receipts');
      // A grant may cross a Ready: what is one too many waits here, not for memory that others hold.
      await withPermit(this.#slots, () => this.#compute(lease, digest, envelope, stop.signal), stop.signal);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (!this.#over && !stop.signal.aborted && !outbox.get(lease.id)) {
        emit({ type: 'ended', lease: lease.id, reason: 'declined', text: error.message });
        const { code, message: reason } = error;
        await this.#send({ type: 'decline', lease: lease.id, code, reason }).catch(() => {});
      }
    } finally {
      this.#work.delete(lease.id);
      // What a failed lease still asks for would be waited for by nobody.
      stop.abort();
      void this.#speaker.evictions();
      if (!this.#over) await this.#ready().catch(() => {});
    }
  }

  async #compute(
    lease: Lease,
    leaseDigest: Hash,
    leaseEnvelope: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    const { backend, clock, emit, key, client, outbox, linkEstimate, copyAfter } = this.#context;
    emit({ type: 'lease', lease: lease.id, project: lease.project });
    const operands = await this.#operands.shard(lease.work, signal);
    const tell = this.#speaker.progressOf(lease.id);
    const { blocks, gpuMs: busyMs } = await computeShard(operands, {
      backend,
      clock,
      signal,
      fetch: (hash) => this.#seeded.get(hash, signal) ?? this.#link.blocks.fetch(hash, signal),
      onProgress: (progress) => {
        emit({ type: 'progress', lease: lease.id, progress });
        tell(progress.done);
      },
      copyAfter,
      onLoaded: (bytes, ms) => linkEstimate.moved('down', bytes, ms),
    });
    throwIfAborted(signal);
    // Slices and the rests between them: what a lease takes is what the scheduler has to know.
    const gpuMs = Math.round(busyMs / (await backend.stats()).intensity);
    const shape = { dtype: RESULT_DTYPE[operands.dtype], rows: operands.rows, cols: operands.cols };
    const staged = await outbox.stage(shape, blocks);
    const sealed = await sealResult({ leaseDigest, manifest: staged.manifest, gpuMs, client }, key);
    throwIfAborted(signal);
    staged.hold({
      lease: lease.id,
      leaseEnvelope,
      resultEnvelope: sealed,
      job: lease.job,
      project: lease.project,
      bytes: staged.bytes,
    });
    const rate = busyMs > 0 ? (operands.rows * operands.cols * operands.k * 1000) / busyMs : 0;
    this.#sent.set(lease.id, { bytes: staged.bytes, sinceMs: clock.now() });
    emit({ type: 'committed', lease: lease.id, bytes: staged.bytes, rate });
    await this.#send({ type: 'commit', result: sealed, lease: leaseEnvelope });
  }

  async #receipt(envelope: Uint8Array): Promise<void> {
    const { peerId: contributor, outbox, emit, clock, linkEstimate } = this.#context;
    const own = await openOwnReceipt(envelope, outbox, { coordinator: this.#link.peer, contributor });
    if (!own) return;
    const { receipt, waiting } = own;
    const sent = this.#sent.get(receipt.lease);
    if (sent) linkEstimate.moved('up', sent.bytes, clock.now() - sent.sinceMs);
    await this.#drop(receipt.lease);
    const { leaseEnvelope: lease, resultEnvelope: result } = waiting;
    emit({ type: 'receipt', receipt, envelope, lease, result });
  }

  /** False when it did not wait here. Says Ready again where that makes room for more results. */
  async #drop(lease: string): Promise<boolean> {
    const { outbox } = this.#context;
    const { full } = outbox;
    this.#sent.delete(lease);
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
    const room = this.#context.outbox.full ? 0 : LEASES_IN_FLIGHT - this.#work.size;
    return this.#send({ type: 'ready', leases: Math.max(0, room) });
  }

  #send(message: FromContributor): Promise<void> {
    return this.#speaker.say(message);
  }
}
