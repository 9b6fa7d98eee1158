/**
 * Blocks in an S3-compatible store, one object each, named by prefix and hash. A put resolves with the store's 200. The
 * credentials are those of the usual AWS environment: variables, ~/.aws, the machine's role.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { sha256, toHex } from '../core/bytes.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Hash } from '../matrix/manifest.ts';
import { type BlockMedium, type StoredBlock, isBlockHash } from './block-medium.ts';
import { bucketError, isNotFound, isPassing } from './bucket-errors.ts';
import { type BucketPlace, parseBucketUrl } from './bucket-url.ts';

/** Requests at once: each waits for a round trip, not for a disk. */
const MAX_REQUESTS = 64;
const CONNECT_MS = 5_000;
/** Without a byte; a block at 20 kB/s takes longer, and such a store is of no use. */
const REQUEST_MS = 15_000;
/** Pauses before attempts 2, 3, …, each made up to half as long by chance; half a minute of a store that is away. */
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000, 10_000, 10_000] as const;
/** At the start somebody waits for the sentence. */
const START_RETRIES = 2;

/** @throws AppError 'bad-input', 'not-found' (bucket), 'unauthorized', 'forbidden', 'unreachable', each saying what to change */
export async function openBlockBucket(url: string, clock: Clock, rng: Rng): Promise<BlockMedium> {
  const bucket = new BlockBucket(parseBucketUrl(url), clock, rng);
  try {
    await bucket.check();
  } catch (error) {
    await bucket.close();
    throw error;
  }
  return bucket;
}

class BlockBucket implements BlockMedium {
  readonly width = MAX_REQUESTS;
  readonly #place: BucketPlace;
  readonly #client: S3Client;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #closed = new AbortController();

  constructor(place: BucketPlace, clock: Clock, rng: Rng) {
    this.#place = place;
    this.#clock = clock;
    this.#rng = rng;
    const { endpoint } = place;
    const region = place.region ?? (endpoint === undefined ? undefined : 'us-east-1');
    this.#client = new S3Client({
      ...(region !== undefined && { region }),
      // Other stores rarely have a host name for each bucket.
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      // Ours below: the SDK's stop all together when a store is away for longer.
      maxAttempts: 1,
      // A block carries its SHA-256 already; CRC trailers are what other stores do not understand.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: REQUEST_MS,
        httpAgent: { keepAlive: true, maxSockets: MAX_REQUESTS },
        httpsAgent: { keepAlive: true, maxSockets: MAX_REQUESTS },
      },
    });
  }

  /**
   * Listing, writing and deleting. Without leave to list, a store answers 403 for a block that is not there. What is
   * written is the empty block, which no matrix has.
   */
  async check(): Promise<void> {
    await this.#retried((abortSignal) => this.#page(undefined, 1, abortSignal), START_RETRIES);
    const empty = new Uint8Array();
    const hash = toHex(await sha256(empty));
    await this.#retried((signal) => this.#put(hash, empty, signal), START_RETRIES);
    await this.remove(hash);
  }

  write(hash: Hash, bytes: Uint8Array): Promise<void> {
    return this.#retried((signal) => this.#put(hash, bytes, signal));
  }

  async #put(hash: Hash, bytes: Uint8Array, abortSignal: AbortSignal): Promise<void> {
    const command = new PutObjectCommand({ ...this.#object(hash), Body: bytes, ContentLength: bytes.length });
    // What a signature covers is the SHA-256 of the body, which is the block's name: not hashed again, and the
    // store refuses what a link has damaged.
    command.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = hash;
        return next(args);
      },
      { step: 'build', name: 'blockHash' },
    );
    await this.#client.send(command, { abortSignal });
  }

  read(hash: Hash): Promise<Uint8Array | undefined> {
    return this.#retried((abortSignal) =>
      orMissing(async () => {
        const { Body } = await this.#client.send(new GetObjectCommand(this.#object(hash)), { abortSignal });
        return Body?.transformToByteArray();
      }),
    );
  }

  async has(hash: Hash): Promise<boolean> {
    const found = await this.#retried((abortSignal) =>
      orMissing(() => this.#client.send(new HeadObjectCommand(this.#object(hash)), { abortSignal })),
    );
    return found !== undefined;
  }

  async remove(hash: Hash): Promise<void> {
    await this.#retried((abortSignal) =>
      orMissing(() => this.#client.send(new DeleteObjectCommand(this.#object(hash)), { abortSignal })),
    );
  }

  /** Between the look and the removal another coordinator's put is not seen: S3 has no condition for it. Milliseconds. */
  async removeOlder(hash: Hash, beforeMs: number): Promise<boolean> {
    const found = await this.#retried((abortSignal) =>
      orMissing(() => this.#client.send(new HeadObjectCommand(this.#object(hash)), { abortSignal })),
    );
    if (!found?.LastModified || found.LastModified.getTime() >= beforeMs) return false;
    await this.remove(hash);
    return true;
  }

  async *list(): AsyncGenerator<StoredBlock, void, undefined> {
    for (let token: string | undefined; ;) {
      const page = await this.#retried((abortSignal) => this.#page(token, undefined, abortSignal));
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        const hash = Key.slice(this.#place.prefix.length);
        if (isBlockHash(hash)) yield { hash, bytes: Size, modifiedMs: LastModified?.getTime() ?? 0 };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (token === undefined) return;
    }
  }

  #page(
    token: string | undefined,
    most: number | undefined,
    abortSignal: AbortSignal,
  ): Promise<ListObjectsV2CommandOutput> {
    const { bucket, prefix } = this.#place;
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: most,
      ContinuationToken: token,
    });
    return this.#client.send(command, { abortSignal });
  }

  close(): Promise<void> {
    this.#closed.abort(new AppError('closed', 'the block store was closed'));
    this.#client.destroy();
    return Promise.resolve();
  }

  #object(hash: Hash): { Bucket: string; Key: string } {
    return { Bucket: this.#place.bucket, Key: this.#place.prefix + hash };
  }

  /** @throws AppError with a sentence, after the last attempt; 'closed' as soon as the store is closed. */
  async #retried<T>(
    request: (signal: AbortSignal) => Promise<T>,
    retries: number = RETRY_MS.length,
  ): Promise<T> {
    const { signal } = this.#closed;
    for (let attempt = 0; ; attempt++) {
      try {
        signal.throwIfAborted();
        return await request(signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const pause = isPassing(error) && attempt < retries ? RETRY_MS[attempt] : undefined;
        if (pause === undefined) throw bucketError(error, this.#place);
        await sleep(this.#clock, pause * (1 + this.#rng.float() / 2), signal).catch(() => {});
      }
    }
  }
}

/** Undefined where the store says that there is no such object; a missing bucket is an error. */
async function orMissing<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
