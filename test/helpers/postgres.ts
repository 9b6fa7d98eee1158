/** A real PostgreSQL for tests, from the machine's own binaries: a folder of its own, a socket, no network. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

export interface TestPostgres {
  readonly url: string;
  /** Shuts the server down as an upgrade does; what it has committed stays. */
  halt(): Promise<void>;
  /** Starts it again, at the same URL. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** The newest version's programs, or undefined where no server is installed. */
export function findPostgres(): string | undefined {
  const versions = '/usr/lib/postgresql'; // Debian and Ubuntu keep the server's programs out of PATH
  const found = existsSync(versions)
    ? readdirSync(versions)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(versions, version, 'bin'))
    : [];
  const path = (process.env['PATH'] ?? '').split(':');
  return [...found, ...path].find(
    (bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')),
  );
}

/** @throws Error with the server's own words when it does not start */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  const folder = await mkdtemp(join(tmpdir(), 'tilework-pg-'));
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (user) chownSync(data, user.uid, user.gid);
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'tilework', '-A', 'trust', '-N', '-E', 'UTF8', '--no-locale'],
    {
      ...user,
      cwd: folder,
      stdio: 'pipe',
    },
  );
  const options = { fsync: 'off', listen_addresses: '', unix_socket_directories: folder };
  const run = (): ChildProcess =>
    spawn(
      join(bin, 'postgres'),
      ['-D', data, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
  let server = run();
  const stop = async (): Promise<void> => {
    await ended(server);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `postgresql://tilework@/postgres?host=${encodeURIComponent(folder)}`;
  try {
    await ready(server, url);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    stop,
    halt: () => ended(server),
    async resume() {
      server = run();
      await ready(server, url);
    },
  };
}

/** PostgreSQL refuses to run as root; then it runs as its own user, or as nobody. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString());
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The server says on stderr when it takes connections; a query makes sure. */
function ready(server: ChildProcess, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`PostgreSQL ended before it was ready: ${said}`)));
    server.stderr!.on('data', (chunk: Buffer) => {
      if (said.includes('ready to accept connections')) return;
      said += chunk.toString();
      if (said.includes('ready to accept connections')) resolve(probe(url));
    });
  });
}

async function probe(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
}

/** A fast shutdown: SIGINT disconnects everybody and ends cleanly. */
function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) {
      resolve();
      return;
    }
    server.once('exit', () => resolve());
    server.kill('SIGINT');
  });
}
