/**
 * One connection's conversation with the coordinator: greet, take leases, commit results, keep
 * receipts. Results outlive the connection in the outbox; everything else here dies with it.
 */
import { Semaphore, withPermit } from '../core/async.ts';
import { withDeadline } from '../core/clock.ts';
import { AppError, isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import { RESULT_DTYPE } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Link } from '../net/link.ts';
import { decodeFromCoordinator, encodeFromContributor } from '../protocol/control.ts';
import { type Lease, type Opened, openLease, openReceipt, sealResult } from '../protocol/envelope.ts';
import { MAX_EVICTED_PER_MESSAGE, PROTOCOL_VERSION } from '../protocol/limits.ts';
import type { FromContributor, FromCoordinator } from '../protocol/messages.ts';
import { OperandReader } from './operands.ts';
import type { SessionContext } from './session-context.ts';
import { LEASES_IN_FLIGHT } from './ranges.ts';
import { computeShard } from './shard.ts';
import { statementError } from './statement-error.ts';

/** How long a visitor who stops waits for the goodbye to leave. */
const GOODBYE_MS = 500;
/** A progress message no more often than this. */
const PROGRESS_MS = 5000;

export class ContributorSession {
  readonly #link: Link;
  readonly #context: SessionContext;
  readonly #operands: OperandReader;
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
    this.#operands = new OperandReader((hash) => link.blocks.fetch(hash, this.#ended.signal));
  }

  /**
   * Until the link has ended and nothing of this session runs any more.
   * @throws AppError 'bad-frame' or 'bad-signature' for a broken protocol, and what a test it asked for threw.
   */
  async run(): Promise<void> {
    const { signal } = this.#context;
    const stop = (): void => {
      void this.#goodbye();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      throwIfAborted(signal);
      await this.#hello();
      for (;;) {
        const frame = await this.#link.control.receive(this.#ended.signal);
        if (!frame) break;
        await this.#handle(decodeFromCoordinator(frame));
      }
    } catch (error) {
      if (!signal.aborted && !isAppError(error, 'closed', 'aborted')) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#ended.abort();
      for (const work of this.#work.values()) work.abort();
      await this.#link.close();
      // The GPU's room is the next session's: what was stopped has given it back by now.
      await Promise.all(this.#tasks);
    }
    if (this.#fatal) throw this.#fatal;
  }

  async #hello(): Promise<void> {
    const { backend, client, linkEstimate } = this.#context;
    const { rates, intensity } = await backend.stats();
    await this.#send({
      type: 'hello',
      version: PROTOCOL_VERSION,
      client,
      operandBytes: backend.pageCount * BLOCK_BYTES,
      resultBytes: backend.resultBytes,
      // What a lease will see: slices and the rests between them.
      rates: { i8: rates.i8 * intensity, f16: rates.f16 * intensity, f32: rates.f32 * intensity },
      downBytesPerSecond: linkEstimate.rate('down'),
      upBytesPerSecond: linkEstimate.rate('up'),
      projects: [],
    });
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
      case 'cancel':
        this.#work.get(message.lease)?.abort();
        if (outbox.drop(message.lease) || this.#work.has(message.lease)) {
          emit({ type: 'ended', lease: message.lease, reason: 'cancelled', text: message.reason });
        }
        return;
      case 'receipt':
        await this.#receipt(message.envelope);
        return;
      case 'notice':
        if (message.lease !== undefined && (message.code === 'rejected' || message.code === 'stale')) {
          if (!outbox.drop(message.lease)) return;
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
      this.#fatal = toAppError(thrown);
      this.#ended.abort();
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
    const operands = await this.#operands.shard(lease.work);
    let told = clock.now();
    const { blocks, gpuMs: busyMs } = await computeShard(operands, {
      backend,
      clock,
      signal,
      fetch: (hash) => this.#link.blocks.fetch(hash, signal),
      onProgress: (progress) => {
        emit({ type: 'progress', lease: lease.id, progress });
        if (clock.now() - told < PROGRESS_MS) return;
        told = clock.now();
        this.#send({ type: 'progress', lease: lease.id, doneKBlocks: progress.done, evicted: [] }).catch(
          () => {},
        );
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
    await this.#tellEvictions();
  }

  /** @throws AppError 'bad-signature' when the receipt is not the coordinator's, or not for this contributor. */
  async #receipt(envelope: Uint8Array): Promise<void> {
    const { peerId, outbox, emit, clock, linkEstimate } = this.#context;
    const { value: receipt } = await openReceipt(envelope, this.#link.peer).catch((thrown: unknown) => {
      throw statementError(thrown);
    });
    if (receipt.contributor !== peerId) throw new AppError('bad-signature', 'a receipt for somebody else');
    // A repeated receipt is for nothing that waits here any more: it must not count twice.
    if (!outbox.drop(receipt.lease)) return;
    const sent = this.#sent.get(receipt.lease);
    this.#sent.delete(receipt.lease);
    if (sent) linkEstimate.moved('up', sent.bytes, clock.now() - sent.sinceMs);
    emit({ type: 'receipt', receipt, envelope });
  }

  async #tellEvictions(): Promise<void> {
    const evicted = await this.#context.backend.takeEvicted();
    for (let at = 0; at < evicted.length; at += MAX_EVICTED_PER_MESSAGE) {
      await this.#send({
        type: 'progress',
        doneKBlocks: 0,
        evicted: evicted.slice(at, at + MAX_EVICTED_PER_MESSAGE),
      });
    }
  }

  /** Nobody listens any more. */
  get #over(): boolean {
    return this.#context.signal.aborted || this.#ended.signal.aborted;
  }

  /** How many more leases would be taken now: absolute, so that a repeated message does no harm. */
  #ready(): Promise<void> {
    if (this.#testing) return Promise.resolve();
    return this.#send({ type: 'ready', leases: Math.max(0, LEASES_IN_FLIGHT - this.#work.size) });
  }

  #send(message: FromContributor): Promise<void> {
    return this.#link.control.send(encodeFromContributor(message));
  }
}
