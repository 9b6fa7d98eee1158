/**
 * Manifests and list nodes by hash. Shards that ask at the same time share one transfer, a few nodes are kept for
 * the next shard, and what nobody waits for any more is no longer asked for: a coordinator that names lists and
 * never sends them must not fill our memory with questions.
 */
import { orAborted } from '../core/async.ts';
import { throwIfAborted } from '../core/errors.ts';
import type { Hash } from '../matrix/manifest.ts';

/** 512 strips of 32 KiB: more than two shards have in the usual case. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** What a node takes besides its bytes: its hash as text, its array, its place. */
const ENTRY_BYTES = 512;

export type FetchNode = (hash: Hash, signal: AbortSignal) => Promise<Uint8Array>;

interface Asked {
  readonly bytes: Promise<Uint8Array>;
  readonly stop: AbortController;
  waiting: number;
}

export class NodeCache {
  readonly #fetch: FetchNode;
  readonly #keptBytes: number;
  readonly #kept = new Map<Hash, Uint8Array>();
  readonly #asked = new Map<Hash, Asked>();
  #bytes = 0;

  constructor(fetch: FetchNode, keptBytes = KEPT_BYTES) {
    this.#fetch = fetch;
    this.#keptBytes = keptBytes;
  }

  /** Memory of the nodes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws AppError 'aborted', and what fetching throws. */
  async get(hash: Hash, signal: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    const kept = this.#kept.get(hash);
    if (kept) return kept;
    const asked = this.#asked.get(hash) ?? this.#ask(hash);
    asked.waiting += 1;
    try {
      return await orAborted(asked.bytes, signal);
    } finally {
      asked.waiting -= 1;
      if (asked.waiting === 0) asked.stop.abort();
    }
  }

  #ask(hash: Hash): Asked {
    const stop = new AbortController();
    const bytes = this.#fetch(hash, stop.signal).then((found) => this.#keep(hash, found));
    const asked: Asked = { bytes, stop, waiting: 0 };
    this.#asked.set(hash, asked);
    const forget = (): void => {
      if (this.#asked.get(hash) === asked) this.#asked.delete(hash);
    };
    bytes.then(forget, forget);
    stop.signal.addEventListener('abort', forget, { once: true });
    return asked;
  }

  #keep(hash: Hash, found: Uint8Array): Uint8Array {
    // A copy: a node of 48 bytes must not keep the 64 KiB that it arrived in.
    const bytes = new Uint8Array(found);
    this.#kept.set(hash, bytes);
    this.#bytes += bytes.length + ENTRY_BYTES;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#keptBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= length + ENTRY_BYTES;
    }
    return bytes;
  }
}
