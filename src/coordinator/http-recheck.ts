/**
 * What public re-checking needs beside the log: the blocks of a verified shard, and any block by its hash.
 * A hash is a name that nobody can guess, and the log names only operands of jobs that have a credited shard;
 * contributors get the same blocks for the same hashes. Who must keep a matrix private must not submit it.
 */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import { Allowance } from '../core/allowance.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { ShardView } from '../core/v1.ts';
import type { BlockStore } from '../store/blocks.ts';
import type { Database } from '../store/database.ts';
import { blocksOfShard, isShardKept } from '../store/shards.ts';

export interface RecheckContext {
  readonly db: Database;
  readonly blocks: BlockStore;
  readonly clock: Clock;
}

/** Over all addresses: 64 MiB/s of blocks, so that contributors come first on a fast link. */
const BLOCK_RATE = { burst: 2048, perSecond: 256 } as const;
const RETRY_AFTER_S = 1;
/** What a shard is never changes, but whether it is kept does. */
const A_WHILE = 'public, max-age=60';
/** What a hash names never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const PUBLIC = { config: { scope: 'public' } } as const;
const HASH = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const LEASE = { type: 'string', pattern: '^[0-9a-f]{32}$' } as const;

export function recheckRoutes(app: FastifyInstance, { db, blocks, clock }: RecheckContext): void {
  const allowance = new Allowance(clock, BLOCK_RATE);

  app.get<{ Params: { hash: string } }>(
    '/blocks/:hash',
    {
      ...PUBLIC,
      schema: about(
        'Audit',
        'A block or manifest, by its SHA-256',
        { 200: { type: 'application/octet-stream', what: 'Its bytes' } },
        { params: { type: 'object', properties: { hash: HASH } } },
      ),
    },
    async (request, reply) => {
      if (!allowance.take()) {
        void reply.header('retry-after', RETRY_AFTER_S);
        throw new AppError('rate-limited', 'too many blocks are asked for just now; go on in a second');
      }
      const bytes = await blocks.get(request.params.hash);
      if (!bytes)
        throw new AppError(
          'not-found',
          'there is no such block; if its result or operand was let go, /v1/shards/LEASE says so',
        );
      return reply
        .type('application/octet-stream')
        .header('cache-control', FOR_EVER)
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    },
  );

  app.get<{ Params: { lease: string } }>(
    '/shards/:lease',
    {
      ...PUBLIC,
      schema: about(
        'Audit',
        'The blocks of a verified shard',
        { 200: 'Shard' },
        { params: { type: 'object', properties: { lease: LEASE } } },
      ),
    },
    async (request, reply): Promise<ShardView> => {
      const { lease } = request.params;
      const hashes = await blocksOfShard(db, lease);
      if (hashes.length === 0) throw new AppError('not-found', 'there is no verified shard of this lease');
      void reply.header('cache-control', A_WHILE);
      return { lease, blocks: hashes, kept: await isShardKept(db, lease) };
    },
  );
}
