/**
 * The public log as c2sp.org/tlog-tiles serves it: `/log/checkpoint`, `/log/tile/L/N[.p/W]` and
 * `/log/tile/entries/N[.p/W]`. An answer is at most one tile (8 KiB) or one bundle (256 entries, 3 MiB).
 */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import { concatBytes } from '../core/bytes.ts';
import { AppError } from '../core/errors.ts';
import type { Checkpoints } from '../ledger/checkpoints.ts';
import { levelHashes, logEntries, logSize } from '../ledger/log.ts';
import { TILE_WIDTH } from '../protocol/limits.ts';
import { TILE_HEIGHT, type Tile, encodeEntries, parseTilePath, tileExists } from '../protocol/tiles.ts';
import type { Database, Queries } from '../store/database.ts';

export interface LogContext {
  readonly db: Database;
  readonly checkpoints: Checkpoints;
}

/** Tiles never change, partial ones neither: a wider one has another path. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const PUBLIC = { config: { scope: 'public' } } as const;

export function logRoutes(app: FastifyInstance, { db, checkpoints }: LogContext): void {
  app.get(
    '/checkpoint',
    {
      ...PUBLIC,
      schema: about('Audit', 'The log’s signed checkpoint', {
        200: { type: 'text/plain', what: 'A signed note (c2sp.org/tlog-checkpoint)' },
      }),
    },
    async (_request, reply) => {
      const note = await checkpoints.current();
      return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store').send(note);
    },
  );

  app.get<{ Params: { readonly '*': string } }>(
    '/tile/*',
    {
      ...PUBLIC,
      schema: about('Audit', 'A tile of hashes, or a bundle of entries', {
        200: { type: 'application/octet-stream', what: 'As c2sp.org/tlog-tiles has it' },
      }),
    },
    async (request, reply) => {
      const tile = parseTilePath(`tile/${request.params['*']}`);
      if (!tile || !tileExists(tile, await logSize(db))) {
        reply.header('cache-control', 'no-store'); // what is not there yet may be soon
        throw new AppError(
          'not-found',
          tile
            ? 'the log is not that long yet; its checkpoint says how long it is'
            : 'this is not the path of a tile or a bundle; c2sp.org/tlog-tiles says how they are written',
        );
      }
      const bytes = await tileBytes(db, tile);
      return reply
        .type('application/octet-stream')
        .header('cache-control', FOR_EVER)
        .send(Buffer.from(bytes));
    },
  );
}

async function tileBytes(db: Queries, { level, index, width }: Tile): Promise<Uint8Array> {
  const first = index * TILE_WIDTH;
  if (level === 'entries') return encodeEntries(await logEntries(db, first, width));
  return concatBytes(await levelHashes(db, level * TILE_HEIGHT, first, width));
}
