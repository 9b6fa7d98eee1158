/** `POST /v1/snapshot`: a copy of the embedded database in the data folder, for `tilework backup` on this machine. */
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import type { SnapshotView } from '../core/v1.ts';
import { AppError } from '../core/errors.ts';
import { logSize } from '../ledger/log.ts';
import { SNAPSHOT, copyRunning } from '../store/snapshot.ts';
import type { HttpContext } from './http-context.ts';

type SnapshotContext = Pick<HttpContext, 'db' | 'dataDir' | 'log'>;

/** @param context - `dataDir` is undefined where the database is no file of ours */
export function backupRoutes(app: FastifyInstance, { db, dataDir, log }: SnapshotContext): void {
  let making = false;
  const schema = about('Operator', 'Copy the embedded database, for a backup on this machine', {
    201: 'Snapshot',
  });
  app.post('/snapshot', { config: { scope: 'operate' }, schema }, async (_request, reply) => {
    if (dataDir === undefined) {
      throw new AppError(
        'conflict',
        'this coordinator’s database is a PostgreSQL: take a dump of it with pg_dump',
      );
    }
    if (making) throw new AppError('conflict', 'a copy of the database is being made already');
    making = true;
    try {
      // Before the copy: it holds at least so many.
      const receipts = await logSize(db);
      await copyRunning(db, dataDir);
      log.info({ receipts }, 'the database was copied for a backup');
      const view: SnapshotView = { folder: SNAPSHOT, receipts };
      return await reply.status(201).send(view);
    } finally {
      making = false;
    }
  });
}
