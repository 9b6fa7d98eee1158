/**
 * What one contributor says over one connection. Whatever may wait for room on the link waits once: a coordinator
 * that reads nothing must not make messages pile up here.
 */
import { withDeadline } from '../core/clock.ts';
import { isSiteOrigin } from '../core/origin.ts';
import { BLOCK_BYTES } from '../matrix/blocks.ts';
import type { Hash } from '../matrix/manifest.ts';
import type { Link } from '../net/link.ts';
import { encodeFromContributor } from '../protocol/control.ts';
import { MAX_EVICTED_PER_MESSAGE, PROTOCOL_VERSION } from '../protocol/limits.ts';
import type { FromContributor } from '../protocol/messages.ts';
import type { PendingResult } from './outbox.ts';
import type { SessionContext } from './session-context.ts';

/** A progress message of one lease no more often than this. */
const PROGRESS_MS = 5000;
/** How long a visitor who stops waits for the goodbye to leave. */
const GOODBYE_MS = 500;

export class Speaker {
  readonly #link: Link;
  readonly #context: SessionContext;
  /** Blocks that this connection's leases have used and that were not told as evicted. */
  readonly #known = new Set<Hash>();
  /** The visitor's, in the last Hello. */
  #toldProjects: readonly string[] | undefined;
  /** Evictions are on their way. */
  #telling = false;

  constructor(link: Link, context: SessionContext) {
    this.#link = link;
    this.#context = context;
  }

  /** @throws AppError 'closed' */
  say(message: FromContributor): Promise<void> {
    return this.#link.control.send(encodeFromContributor(message));
  }

  async hello(): Promise<void> {
    const { backend, client, site, disk, linkEstimate, introduction } = this.#context;
    const { rates, intensity } = await backend.stats();
    const operandBytes = backend.pageCount * BLOCK_BYTES;
    const { projects } = introduction;
    this.#toldProjects = projects;
    await this.say({
      type: 'hello',
      version: PROTOCOL_VERSION,
      client,
      operandBytes,
      resultBytes: backend.resultBytes,
      // What a lease will see: slices and the rests between them.
      rates: { i8: rates.i8 * intensity, f16: rates.f16 * intensity, f32: rates.f32 * intensity },
      downBytesPerSecond: this.#receives,
      upBytesPerSecond: linkEstimate.rate('up'),
      projects,
      // What comes to the GPU goes to the disk as well.
      ...(disk && { cacheBytes: Math.max(operandBytes, disk.budgetBytes) }),
      // A text that the wire would refuse must not keep anybody from working.
      ...(site !== undefined && isSiteOrigin(site) && { site }),
    });
  }

  /**
   * Says what the visitor says of itself, now and whenever that changes, until what it returns is called.
   * @param revision - the coordinator's: an older one takes a SetProfile for nonsense
   */
  introduce(revision: number): () => void {
    const { introduction } = this.#context;
    const profile = (): void => {
      const envelope = revision >= 1 ? introduction.profile : undefined;
      if (envelope) void this.say({ type: 'set-profile', envelope }).catch(() => {});
    };
    const projects = (): void => {
      if (introduction.projects !== this.#toldProjects) void this.hello().catch(() => {});
    };
    profile();
    projects();
    return introduction.changes.on((part) => {
      if (part === 'profile') profile();
      else projects();
    });
  }

  /** So many further leases would be taken now. */
  ready(leases: number): Promise<void> {
    const down = this.#receives;
    return this.say({ type: 'ready', leases, ...(down > 0 && { downBytesPerSecond: down }) });
  }

  commit({ resultEnvelope: result, leaseEnvelope: lease, blocks }: PendingResult): Promise<void> {
    return this.say({ type: 'commit', result, lease, blocks });
  }

  /** Bytes a second, 0 when unknown. What the visitor caps is not what the link would do; leases are cut to it. */
  get #receives(): number {
    const { linkEstimate, wishes } = this.#context;
    const { down: cap = Infinity } = wishes.caps;
    const rate = Math.min(linkEstimate.rate('down') || cap, cap);
    return rate === Infinity ? 0 : Math.floor(rate);
  }

  /** Asks for no further lease, and says that there is no need to take back those in flight. */
  finishing(): Promise<void> {
    return this.say({ type: 'goodbye', finish: true, reason: 'finishing' });
  }

  /** Never rejects: a link that is gone or full will not take it, and the coordinator notices by itself. */
  async goodbye(): Promise<void> {
    const said = this.say({ type: 'goodbye', finish: false, reason: 'stopped' });
    await withDeadline(this.#context.clock, GOODBYE_MS, 'saying goodbye', said).catch(() => {});
  }

  /** To be told how far a lease is; says so now and then. */
  progressOf(lease: string): (doneKBlocks: number) => void {
    const { clock } = this.#context;
    let told = clock.now();
    return (doneKBlocks) => {
      if (clock.now() - told < PROGRESS_MS) return;
      told = Infinity;
      const said = this.say({ type: 'progress', lease, doneKBlocks, evicted: [] });
      said.then(() => (told = clock.now())).catch(() => {});
    };
  }

  /** The GPU has these blocks now, for one of this connection's leases. */
  held(hashes: readonly Hash[]): void {
    for (const hash of hashes) this.#known.add(hash);
  }

  /**
   * To be called after every lease, also one that came to nothing: the lists must not grow with those. Tells what
   * is gone from the GPU and from the disk, of what the coordinator can know of. Never rejects.
   */
  async evictions(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    const { backend, disk } = this.#context;
    try {
      const evicted = await backend.takeEvicted();
      const gone = [...evicted, ...(disk?.takeEvicted() ?? [])].filter(
        (hash) => !backend.holds(hash) && !disk?.has(hash) && this.#known.delete(hash),
      );
      for (let at = 0; at < gone.length; at += MAX_EVICTED_PER_MESSAGE) {
        const some = gone.slice(at, at + MAX_EVICTED_PER_MESSAGE);
        await this.say({ type: 'progress', doneKBlocks: 0, evicted: some });
      }
    } catch {
      // A link that is gone: the next coordinator knows of no blocks that are held.
    } finally {
      this.#telling = false;
    }
  }
}
