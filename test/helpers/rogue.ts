/**
 * A contributor that speaks the real protocol over a real connection and does as it is told, lies
 * included: what it sends, signs and serves is up to the test. It computes nothing; it copies from the
 * known product.
 */
import { sha256, toHex } from '../../src/core/bytes.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { CELL, type Shape, blockBytes, colBlocks, rowBlocks, rowBytes } from '../../src/matrix/blocks.ts';
import { putMatrix } from '../../src/matrix/build.ts';
import { RESULT_DTYPE } from '../../src/matrix/dtype.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import type { BlockSource } from '../../src/net/block-provider.ts';
import { ContributorNode } from '../../src/net/contributor-node.ts';
import type { Link } from '../../src/net/link.ts';
import { decodeFromCoordinator, encodeFromContributor } from '../../src/protocol/control.ts';
import {
  type Lease,
  type Opened,
  type Receipt,
  type Result,
  openLease,
  openReceipt,
  sealResult,
} from '../../src/protocol/envelope.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/limits.ts';
import type { FromContributor, FromCoordinator, Hello } from '../../src/protocol/messages.ts';
import type { Product } from './product.ts';

export interface RogueOptions {
  /** @default a new one */
  readonly key?: SigningKey;
  /** What it knows the answer to. */
  readonly product: Product;
  readonly hello?: Partial<Hello>;
  /** Connects and says nothing. */
  readonly silent?: boolean;
  /** What it serves instead of its own blocks. */
  readonly serve?: (own: BlockSource) => BlockSource;
}

export type Granted = Opened<Lease> & { readonly envelope: Uint8Array };

/** Where a result departs from the truth. */
export interface Lie {
  /** Changes the blocks of C, `[cell in row-major order]`, before they are hashed. */
  readonly tamper?: (blocks: Uint8Array[]) => void;
  readonly shape?: Partial<Shape>;
  readonly statement?: Partial<Result>;
  /** Signs instead of the rogue. */
  readonly signer?: SigningKey;
}

type OfType<T extends FromCoordinator['type']> = Extract<FromCoordinator, { type: T }>;

export class Rogue {
  readonly key: SigningKey;
  readonly peerId: string;
  readonly #product: Product;
  readonly #blocks: Map<Hash, Uint8Array>;
  readonly #unread: FromCoordinator[] = [];
  readonly #readers = new Set<() => void>();
  readonly #stop = new AbortController();
  #link!: Link;
  #ended = false;
  #done: Promise<void> = Promise.resolve();

  private constructor(key: SigningKey, product: Product, blocks: Map<Hash, Uint8Array>) {
    this.key = key;
    this.peerId = peerIdOf(key);
    this.#product = product;
    this.#blocks = blocks;
  }

  /** Connects and greets; resolves when it has been welcomed (or, if silent, connected). */
  static async join(addresses: readonly string[], options: RogueOptions): Promise<Rogue> {
    const rogue = new Rogue(options.key ?? (await generateKey()), options.product, new Map());
    await rogue.#join(addresses, options);
    return rogue;
  }

  /** The same key and blocks over another connection. */
  async again(
    addresses: readonly string[],
    options: Omit<RogueOptions, 'key' | 'product'> = {},
  ): Promise<Rogue> {
    const rogue = new Rogue(this.key, this.#product, this.#blocks);
    await rogue.#join(addresses, { ...options, product: this.#product });
    return rogue;
  }

  get link(): Link {
    return this.#link;
  }

  /** Resolves when the coordinator has ended the connection (or it was lost). */
  get closed(): Promise<void> {
    return this.#link.closed;
  }

  send(message: FromContributor): Promise<void> {
    return this.#link.control.send(encodeFromContributor(message));
  }

  ready(leases = 1): Promise<void> {
    return this.send({ type: 'ready', leases });
  }

  /** The next unread message of this type; what came before it stays unread. @throws 'closed' */
  async next<T extends FromCoordinator['type']>(type: T): Promise<OfType<T>> {
    for (;;) {
      const at = this.#unread.findIndex((message) => message.type === type);
      if (at >= 0) return this.#unread.splice(at, 1)[0] as OfType<T>;
      if (this.#ended) throw new AppError('closed', `the connection ended before a ${type}`);
      await new Promise<void>((resolve) => this.#readers.add(resolve));
    }
  }

  /** What became of a result: the next unread receipt or notice about a lease, or that the connection ended. */
  async verdict(): Promise<OfType<'receipt'> | OfType<'notice'> | { readonly type: 'closed' }> {
    for (;;) {
      const at = this.#unread.findIndex(
        ({ type, ...message }) => type === 'receipt' || (type === 'notice' && 'lease' in message),
      );
      if (at >= 0) return this.#unread.splice(at, 1)[0] as OfType<'receipt'> | OfType<'notice'>;
      if (this.#ended) return { type: 'closed' };
      await new Promise<void>((resolve) => this.#readers.add(resolve));
    }
  }

  /** Messages of this type that nobody has asked for yet. */
  unread(type: FromCoordinator['type']): number {
    return this.#unread.filter((message) => message.type === type).length;
  }

  /** Asks for a lease and waits for it. */
  async lease(): Promise<Granted> {
    await this.ready();
    return this.granted();
  }

  /** The next lease that it is given. */
  async granted(): Promise<Granted> {
    const { envelope } = await this.next('lease');
    return { ...(await openLease(envelope)), envelope };
  }

  async receipt(): Promise<Receipt> {
    const { envelope } = await this.next('receipt');
    return (await openReceipt(envelope)).value;
  }

  /** Puts C's blocks where the coordinator can pull them, and signs for them. Returns the result's envelope. */
  async answer(lease: Granted, lie: Lie = {}): Promise<Uint8Array> {
    const { shape, blocks } = shardOf(this.#product, lease.value);
    lie.tamper?.(blocks);
    const stated: Shape = { ...shape, ...lie.shape };
    const put = (hash: Hash, bytes: Uint8Array): Promise<void> => {
      this.#blocks.set(hash, bytes);
      return Promise.resolve();
    };
    const width = colBlocks(stated);
    const hashes = await Promise.all(blocks.map((block) => sha256(block)));
    for (const [i, hash] of hashes.entries()) await put(toHex(hash), blocks[i]!);
    const strips = Array.from({ length: rowBlocks(stated) }, (_, i) =>
      hashes.slice(i * width, (i + 1) * width),
    );
    const { manifestHash } = await putMatrix(stated, strips, put);
    return sealResult(
      { leaseDigest: lease.digest, manifest: manifestHash, gpuMs: 1, client: 'rogue/1', ...lie.statement },
      lie.signer ?? this.key,
    );
  }

  commit(lease: Pick<Granted, 'envelope'>, result: Uint8Array): Promise<void> {
    return this.send({ type: 'commit', lease: lease.envelope, result });
  }

  /** One lease, answered truly, and its receipt. */
  async workHonestly(): Promise<Receipt> {
    const lease = await this.lease();
    await this.commit(lease, await this.answer(lease));
    return this.receipt();
  }

  /** Ends the connection; resolves when the socket is gone. */
  async leave(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #join(addresses: readonly string[], options: RogueOptions): Promise<void> {
    const own: BlockSource = (hash) => Promise.resolve(this.#blocks.get(hash));
    const node = new ContributorNode({
      key: this.key,
      addresses,
      clock: systemClock,
      rng: cryptoRng,
      source: options.serve?.(own) ?? own,
    });
    const linked = Promise.withResolvers<void>();
    this.#done = node.connectForever({
      signal: this.#stop.signal,
      onState: ({ error }) => {
        if (error && !this.#link) linked.reject(error);
      },
      onLink: async (link) => {
        this.#link = link;
        linked.resolve();
        await this.#read(link);
        this.#stop.abort(); // one connection is one rogue: it does not come back by itself
      },
    });
    await linked.promise;
    if (options.silent) return;
    await this.send({ ...HELLO, ...options.hello });
    await this.next('welcome');
  }

  async #read(link: Link): Promise<void> {
    try {
      for (let frame = await link.control.receive(); frame; frame = await link.control.receive()) {
        this.#unread.push(decodeFromCoordinator(frame));
        this.#tell();
      }
    } catch {
      // However it ended, it has ended.
    } finally {
      this.#ended = true;
      this.#tell();
    }
  }

  #tell(): void {
    for (const tell of this.#readers) tell();
    this.#readers.clear();
  }
}

const HELLO: Hello = {
  type: 'hello',
  version: PROTOCOL_VERSION,
  client: 'rogue/1',
  operandBytes: 64 * 2 ** 20,
  resultBytes: 16 * 2 ** 20,
  rates: { i8: 1e9, f16: 1e9, f32: 1e9 },
  downBytesPerSecond: 1e9,
  upBytesPerSecond: 1e9,
  projects: [],
};

/** The blocks of the lease's part of C, cut from the whole. */
function shardOf(
  { dtype, rows, cols, expected }: Product,
  { work }: Lease,
): { shape: Shape; blocks: Uint8Array[] } {
  const [top, left] = [work.rowBlock * CELL, work.colBlock * CELL];
  const shape: Shape = {
    dtype: RESULT_DTYPE[dtype],
    rows: Math.min(rows, top + work.rowBlocks * CELL) - top,
    cols: Math.min(cols, left + work.colBlocks * CELL) - left,
  };
  const blocks: Uint8Array[] = [];
  for (let r = 0; r < rowBlocks(shape); r++) {
    for (let c = 0; c < colBlocks(shape); c++) {
      const block = new Uint8Array(blockBytes(shape, r, c));
      const stride = rowBytes(shape, c);
      for (let row = 0; row < block.length / stride; row++) {
        const from = (top + r * CELL + row) * cols + left + c * CELL;
        const values = expected.slice(from, from + Math.min(CELL, shape.cols - c * CELL));
        block.set(new Uint8Array(values.buffer), row * stride);
      }
      blocks.push(block);
    }
  }
  return { shape, blocks };
}
