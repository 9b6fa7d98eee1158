/**
 * One connection's conversation with the coordinator: greet, take leases, commit results, keep
 * receipts. Results outlive the connection in the outbox; everything else here dies with it.
 */
import { type Clock, withDeadline } from '../core/clock.ts';
import { AppError, type ErrorCode, isAppError, throwIfAborted, toAppError } from '../core/errors.ts';
import type { Backend } from '../gpu/backend.ts';
import { RESULT_DTYPE } from '../matrix/dtype.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Link } from '../net/link.ts';
import { decodeFromCoordinator, encodeFromContributor } from '../protocol/control.ts';
import { type Lease, type Receipt, openLease, openReceipt, sealResult } from '../protocol/envelope.ts';
import type { SigningKey } from '../protocol/keys.ts';
import { MAX_EVICTED_PER_MESSAGE, PROTOCOL_VERSION } from '../protocol/limits.ts';
import type { FromContributor, FromCoordinator } from '../protocol/messages.ts';
import { OperandReader } from './operands.ts';
import type { Outbox } from './outbox.ts';
import { LEASES_IN_FLIGHT, type ShardProgress, computeShard } from './shard.ts';

/** What the engine turns into statuses. */
export type SessionEvent =
  | { readonly type: 'welcome'; readonly network: string; readonly balanceMicrocredits: bigint }
  | { readonly type: 'self-test' }
  | { readonly type: 'lease'; readonly lease: string; readonly project: string }
  | { readonly type: 'progress'; readonly lease: string; readonly progress: ShardProgress }
  | { readonly type: 'committed'; readonly lease: string; readonly bytes: number; readonly rate: number }
  | { readonly type: 'receipt'; readonly receipt: Receipt; readonly envelope: Uint8Array }
  | {
      readonly type: 'ended';
      readonly lease: string;
      readonly reason: 'cancelled' | 'rejected' | 'stale' | 'declined';
      readonly text: string;
    }
  | { readonly type: 'notice'; readonly code: string; readonly text: string };

export interface SessionContext {
  readonly backend: Backend;
  readonly key: SigningKey;
  readonly peerId: string;
  readonly clock: Clock;
  readonly client: string;
  readonly outbox: Outbox;
  readonly signal: AbortSignal;
  readonly emit: (event: SessionEvent) => void;
}

/** How long a visitor who stops waits for the goodbye to leave. */
const GOODBYE_MS = 500;
/** A progress message no more often than this. */
const PROGRESS_MS = 5000;
/** Errors of a shard that end the session too: the engine has to act. */
const FATAL: readonly ErrorCode[] = ['gpu-lost', 'gpu-wrong'];

export class ContributorSession {
  readonly #link: Link;
  readonly #context: SessionContext;
  readonly #operands: OperandReader;
  readonly #work = new Map<string, AbortController>();
  readonly #ended = new AbortController();
  #fatal: AppError | undefined;

  constructor(link: Link, context: SessionContext) {
    this.#link = link;
    this.#context = context;
    this.#operands = new OperandReader((hash) => link.blocks.fetch(hash, this.#ended.signal));
  }

  /** Until the link ends. @throws AppError 'gpu-lost' or 'gpu-wrong' when the backend needs rebuilding. */
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
    }
    if (this.#fatal) throw this.#fatal;
  }

  async #hello(): Promise<void> {
    const { backend, client } = this.#context;
    const { rates } = await backend.stats();
    await this.#send({
      type: 'hello',
      version: PROTOCOL_VERSION,
      client,
      operandBytes: backend.pageCount * 256 * 1024,
      resultBytes: backend.resultBytes,
      rates,
      downBytesPerSecond: 0,
      upBytesPerSecond: 0,
      projects: [],
    });
  }

  /** Says goodbye if the link still can, then ends it: a visitor who stops waits for nobody. */
  async #goodbye(): Promise<void> {
    for (const work of this.#work.values()) work.abort();
    const said = this.#send({ type: 'goodbye', finish: false, reason: 'stopped' });
    // A link that is gone or full will not take it; the coordinator notices by itself.
    await withDeadline(this.#context.clock, GOODBYE_MS, 'saying goodbye', said).catch(() => {});
    this.#ended.abort();
    await this.#link.close();
  }

  async #handle(message: FromCoordinator): Promise<void> {
    const { emit, outbox, backend } = this.#context;
    switch (message.type) {
      case 'welcome':
        emit({ ...message, type: 'welcome' });
        for (const result of outbox.pending()) {
          await this.#send({ type: 'commit', result: result.resultEnvelope, lease: result.leaseEnvelope });
        }
        await this.#send({ type: 'ready', leases: LEASES_IN_FLIGHT });
        return;
      case 'self-test':
        emit({ type: 'self-test' });
        await backend.selfTest();
        await this.#send({ type: 'ready', leases: LEASES_IN_FLIGHT });
        return;
      case 'lease':
        void this.#accept(message.envelope);
        return;
      case 'cancel':
        this.#work.get(message.lease)?.abort();
        outbox.drop(message.lease);
        emit({ type: 'ended', lease: message.lease, reason: 'cancelled', text: message.reason });
        return;
      case 'receipt':
        await this.#receipt(message.envelope);
        return;
      case 'notice':
        if (message.lease !== undefined && (message.code === 'rejected' || message.code === 'stale')) {
          outbox.drop(message.lease);
          emit({ type: 'ended', lease: message.lease, reason: message.code, text: message.text });
          if (message.code === 'stale') await this.#ready();
        } else {
          emit(message);
        }
    }
  }

  /** Computes one lease and commits its result. Never rejects: a failure is declined. */
  async #accept(envelope: Uint8Array): Promise<void> {
    let lease: Lease | undefined;
    try {
      const opened = await openLease(envelope, this.#link.peer);
      lease = opened.value;
      if (lease.contributor !== this.#context.peerId)
        throw new AppError('wrong-peer', 'this lease is for somebody else');
      if (this.#work.has(lease.id)) return;
      await this.#compute(lease, opened.digest, envelope);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (FATAL.includes(error.code)) {
        this.#fatal = error;
        this.#ended.abort();
      } else if (lease && !this.#ended.signal.aborted && error.code !== 'aborted') {
        this.#context.emit({ type: 'ended', lease: lease.id, reason: 'declined', text: error.message });
        await this.#decline(lease.id, error);
      }
    } finally {
      if (lease) this.#work.delete(lease.id);
      if (this.#context.signal.aborted || this.#ended.signal.aborted) {
        // the session is over: nobody listens
      } else {
        await this.#ready().catch(() => {});
      }
    }
  }

  async #compute(lease: Lease, leaseDigest: Hash, leaseEnvelope: Uint8Array): Promise<void> {
    const { backend, clock, emit, key, client, outbox } = this.#context;
    const stop = new AbortController();
    this.#work.set(lease.id, stop);
    emit({ type: 'lease', lease: lease.id, project: lease.project });
    const operands = await this.#operands.shard(lease.work);
    let told = clock.now();
    const { blocks, gpuMs } = await computeShard(operands, {
      backend,
      clock,
      signal: stop.signal,
      fetch: (hash) => this.#link.blocks.fetch(hash, stop.signal),
      onProgress: (progress) => {
        emit({ type: 'progress', lease: lease.id, progress });
        if (clock.now() - told < PROGRESS_MS) return;
        told = clock.now();
        this.#send({ type: 'progress', lease: lease.id, doneKBlocks: progress.done, evicted: [] }).catch(
          () => {},
        );
      },
    });
    throwIfAborted(stop.signal);
    const shape = { dtype: RESULT_DTYPE[operands.dtype], rows: operands.rows, cols: operands.cols };
    const staged = await outbox.stage(shape, blocks);
    const sealed = await sealResult(
      { leaseDigest, manifest: staged.manifest, gpuMs: Math.round(gpuMs), client },
      key,
    );
    throwIfAborted(stop.signal);
    staged.hold({
      lease: lease.id,
      leaseEnvelope,
      resultEnvelope: sealed,
      job: lease.job,
      project: lease.project,
      bytes: staged.bytes,
    });
    const rate = gpuMs > 0 ? (operands.rows * operands.cols * operands.k * 1000) / gpuMs : 0;
    emit({ type: 'committed', lease: lease.id, bytes: staged.bytes, rate });
    await this.#send({ type: 'commit', result: sealed, lease: leaseEnvelope });
    await this.#tellEvictions();
  }

  async #receipt(envelope: Uint8Array): Promise<void> {
    const { value: receipt } = await openReceipt(envelope, this.#link.peer);
    if (receipt.contributor !== this.#context.peerId)
      throw new AppError('wrong-peer', 'a receipt for somebody else');
    this.#context.outbox.drop(receipt.lease);
    this.#context.emit({ type: 'receipt', receipt, envelope });
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

  async #decline(lease: string, error: AppError): Promise<void> {
    await this.#send({ type: 'decline', lease, code: error.code, reason: error.message }).catch(() => {});
  }

  /** How many more leases would be taken now: absolute, so that a repeated message does no harm. */
  #ready(): Promise<void> {
    return this.#send({ type: 'ready', leases: Math.max(0, LEASES_IN_FLIGHT - this.#work.size) });
  }

  #send(message: FromContributor): Promise<void> {
    return this.#link.control.send(encodeFromContributor(message));
  }
}
