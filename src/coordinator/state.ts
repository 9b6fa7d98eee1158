/** What survives a coordinator, and what works on it: data folder, keys, database, blocks, verification. */
import { availableParallelism } from 'node:os';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { cryptoRng } from '../core/rng.ts';
import { storeCreditSettings } from '../ledger/credit-settings.ts';
import { Checkpoints } from '../ledger/checkpoints.ts';
import { adoptOldReceipts } from '../ledger/log.ts';
import { peerIdOf } from '../protocol/keys.ts';
import { isBlockUrl, openBlockStore } from '../store/blocks.ts';
import { openDataFolder } from '../store/data-folder.ts';
import { openDatabase } from '../store/database.ts';
import { BlockUsage } from './block-usage.ts';
import { FLEET_TIMING } from './fleet.ts';
import { assertSharedBlocks, enterNetwork } from './fleet-entry.ts';
import { createMetrics } from './metrics.ts';
import { networkKey } from './network-key.ts';
import type { CoordinatorOptions } from './options.ts';
import { Restrictions } from './restrictions.ts';
import { VerifyPool } from './verify-pool.ts';

/** 256 bits; older data folders hold tokens of 192, which stay as good. */
const TOKEN_BYTES = 32;

/** @param undo - what closes all of it, in reverse; also what was opened before a failure */
export async function openState(options: CoordinatorOptions, clock: Clock, undo: (() => Promise<unknown>)[]) {
  const { log } = options;
  const folder = await openDataFolder(options.dataDir);
  undo.push(() => folder.release());
  const key = await networkKey(folder, options.keyFile);
  const peerId = peerIdOf(key);
  const tokenFile = await folder.secret('token', () =>
    Promise.resolve(utf8.encode(toHex(cryptoRng.bytes(TOKEN_BYTES)))),
  );
  const token = utf8.decode(tokenFile.bytes).trim();

  const db = await openDatabase(
    options.databaseUrl === undefined ? { dataDir: folder.path } : { url: options.databaseUrl },
  );
  undo.push(() => db.destroy());
  const adopted = await adoptOldReceipts(db);
  if (adopted > 0) log.info({ adopted }, 'older receipts were appended to the public log');
  const checkpoints = new Checkpoints({ db, key, clock, log });
  // A log that contradicts what was signed must not grow: whoever keeps receipts could prove it.
  await checkpoints.current();
  const credit = await storeCreditSettings(
    db,
    { mode: options.credit, supplyCap: options.supplyCap },
    clock.now(),
  );
  const { fleetTiming = FLEET_TIMING, blocks: blocksAt = folder.blocks } = options;
  const entry =
    options.databaseUrl === undefined || options.shared === false
      ? undefined
      : await enterNetwork(db, folder, cryptoRng, peerId, fleetTiming.deadMs);
  const blocks = await openBlockStore(blocksAt);
  undo.push(() => blocks.close());
  if (entry) await assertSharedBlocks(db, blocks, entry.others);
  const metrics = createMetrics();
  undo.push(() => Promise.resolve(metrics.close()));
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const pool = new VerifyPool(blocksAt, threads, log, (kind, seconds) => {
    metrics.verifySeconds.observe({ kind }, seconds);
  });
  undo.push(() => pool.close());
  const usage = new BlockUsage(isBlockUrl(blocksAt) ? undefined : blocksAt, clock, log);
  undo.push(() => usage.settled());
  const restrictions = new Restrictions(db);
  return {
    folder,
    key,
    peerId,
    token,
    tokenIsNew: tokenFile.created,
    db,
    checkpoints,
    credit,
    entry,
    fleetTiming,
    blocks,
    metrics,
    pool,
    usage,
    restrictions,
  };
}
