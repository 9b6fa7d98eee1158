/**
 * What one coordinator carries: `npm run bench -- load [--contributors 1000] [--json]`.
 *
 * A real coordinator, and a crowd of real engines in processes of their own, over real WebSockets on loopback. Only
 * the GPUs are not: they know the product. Every result is verified, settled and credited. Four things in one run:
 * a crowd that takes its time (how long a lease takes to come, memory), some of it delivering more than there is room
 * for (how much is verified, where the time goes), the same without verification and database, and their sockets
 * moving as many blocks with nothing else done.
 */
import { rm } from 'node:fs/promises';
import { freshDataDir } from '../helpers/databases.ts';
import { startPostgres } from '../helpers/postgres.ts';
import { generateKey, keyToBytes, peerIdOf } from '../../src/protocol/keys.ts';
import { toHex } from '../../src/core/bytes.ts';
import { CELL } from '../../src/matrix/blocks.ts';
import { K } from './load/known-product.ts';
import { type Paced, type Pressed, Scene } from './load/scene.ts';
import { loadReport, printLoad, quantile } from './load/report.ts';

export interface LoadOptions {
  readonly contributors: number;
  /** Of each measured period. */
  readonly seconds: number;
  /** PostgreSQL instead of the embedded database. */
  readonly postgres: boolean;
  readonly json: boolean;
}

/** Multiply-adds of a cell of C. */
const CELL_WORK = CELL * CELL * K;
/** The crowd that takes its time asks for so many leases of one cell in a second, all together. */
const PACED_LEASES = 50;
/**
 * Of the crowd, so many then press: each computes a lease of 16 cells, 4 MiB, in 3 s, the shortest that is given
 * while there is enough. All together that is more than two cores can take; the others stay as they are.
 */
const PRESSING = 64;
const PRESSING_RATE = (16 * CELL_WORK) / 3;
/** Verified and bare take turns so often: what slows the machine slows both. */
const ROUNDS = 2;

export async function benchLoad({ contributors, seconds, postgres, json }: LoadOptions): Promise<void> {
  const keys = await Promise.all(Array.from({ length: contributors }, () => generateKey()));
  const dataDir = await freshDataDir();
  const database = postgres ? await startPostgres() : undefined;
  let scene: Scene | undefined;
  const say = (text: string): void => void (json || process.stderr.write(`${text}\n`));
  try {
    scene = await Scene.open({
      dataDir,
      databaseUrl: database?.url,
      known: keys.map(peerIdOf),
      keys: keys.map((key) => toHex(keyToBytes(key))),
    });
    const base = await scene.rss();
    say(`the coordinator without contributors: ${Math.round(base / 2 ** 20)} MiB`);
    const pacedRate = (PACED_LEASES * CELL_WORK) / contributors;
    await scene.gather(pacedRate);
    const idle = await scene.rss();
    say(`${contributors} contributors connected: ${Math.round(idle / 2 ** 20)} MiB`);
    const paced: Paced = await scene.paced(seconds);
    const [p50, p99] = [0.5, 0.99].map((share) => Math.round(quantile(paced.leaseMs, share)));
    say(`paced: ${paced.leaseMs.length} leases, p50 ${p50} ms, p99 ${p99} ms`);
    await scene.disperse();
    await scene.gather(pacedRate, Math.min(PRESSING, contributors), PRESSING_RATE);
    const pressed: Pressed[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      pressed.push(await scene.pressed(seconds));
      const { verified, bare, moved } = pressed.at(-1)!;
      const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
      say(`verified ${mega(verified)} MB/s, bare ${mega(bare)}, only moved ${mega(moved)}`);
    }
    const report = loadReport({ contributors, base, idle, paced, pressed, postgres });
    if (!json) printLoad(report, paced, pressed);
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    await scene?.close();
    await database?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
