/** Several coordinators of one network: processes of their own over one real PostgreSQL and one folder of blocks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Semaphore } from '../../src/core/async.ts';
import { sleep, systemClock } from '../../src/core/clock.ts';
import type { CoordinatorOptions } from '../../src/coordinator/options.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { generateKey, keyToBytes } from '../../src/protocol/keys.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { withBackend } from '../contributor/with-backend.ts';
import type { ChildReady } from './coordinator-child.ts';
import { startPostgres } from './postgres.ts';

const CHILD = fileURLToPath(new URL('coordinator-child.ts', import.meta.url));

export interface FleetMember extends ChildReady {
  readonly dataDir: string;
  /** Resolves when the process is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

export interface TestFleet {
  readonly members: readonly FleetMember[];
  readonly db: Database;
  readonly databaseUrl: string;
  /** Of the network. */
  readonly keyFile: string;
  /** One more. */
  add(options?: Partial<CoordinatorOptions>): Promise<FleetMember>;
  /** Of those that were not ended. */
  addresses(): string[];
  stop(): Promise<void>;
}

/** @param options - of every coordinator */
export async function startFleet(
  count: number,
  options: Partial<CoordinatorOptions> = {},
): Promise<TestFleet> {
  const server = await startPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'tilework-fleet-'));
  const keyFile = join(folder, 'network.key');
  await writeFile(keyFile, keyToBytes(await generateKey()));
  const members: FleetMember[] = [];
  const running = new Set<FleetMember>();
  let made = 0;
  const add = async (more: Partial<CoordinatorOptions> = {}): Promise<FleetMember> => {
    const own = { dataDir: join(folder, `coordinator-${++made}`), databaseUrl: server.url, threads: 1 };
    const shared = { keyFile, blocks: join(folder, 'blocks'), port: 0, peerPort: 0 };
    const task = { ...own, ...shared, ...options, ...more };
    const member = await startMember(task);
    const listed: FleetMember = {
      ...member,
      dataDir: task.dataDir,
      async end(signal) {
        running.delete(listed);
        await member.end(signal);
      },
    };
    running.add(listed);
    members.push(listed);
    return listed;
  };
  // The first makes the tables; the others would wait for it.
  await add();
  await Promise.all(Array.from({ length: count - 1 }, () => add()));
  const db = await openDatabase({ url: server.url });
  return {
    members,
    db,
    databaseUrl: server.url,
    keyFile,
    add,
    addresses: () => Array.from(running).flatMap(({ peerAddresses }) => peerAddresses),
    async stop() {
      await Promise.all(Array.from(running, (member) => member.end('SIGTERM')));
      await db.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startMember(options: Partial<CoordinatorOptions>): Promise<Omit<FleetMember, 'dataDir'>> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const lines = createInterface({ input: child.stdout! });
  const ready = once(lines, 'line').then(([line]) => JSON.parse(line as string) as ChildReady);
  const said = await Promise.race([
    ready,
    gone.then(() => {
      throw new Error('a coordinator ended before it was ready');
    }),
  ]);
  return {
    ...said,
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

/** A contributor whose every shard is one cell and takes at least so long; known answers are taken as given. */
export function paced(shardMs: number): (inner: Backend) => Backend {
  return (inner) => {
    const gpu = new Semaphore(1);
    return withBackend(inner, {
      selfTest: async () => {},
      // Room for the C of one cell in each of two leases.
      resultBytes: 2 * 256 * 1024,
      async accumulate(shard, range, signal) {
        const release = await gpu.acquire(1, signal);
        try {
          const started = performance.now();
          await inner.accumulate(shard, range, signal);
          await sleep(systemClock, Math.max(0, shardMs - (performance.now() - started)), signal);
          return shardMs;
        } finally {
          release();
        }
      },
    });
  };
}
