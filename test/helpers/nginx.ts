/** A real nginx with the worked example of test/fixtures/proxies, on loopback, with a certificate of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestNginx {
  /** Where the certificate lies, which is its own authority. */
  readonly certificate: string;
  stop(): Promise<void>;
}

export interface NginxPlan {
  readonly pagePort: number;
  readonly coordinatorPort: number;
  /** Of the coordinator behind it. */
  readonly backend: { readonly port: number; readonly peerPort: number };
  readonly root: string;
}

const EXAMPLE = new URL('../fixtures/proxies/nginx.conf', import.meta.url);

/** Debian keeps it out of a user's PATH. */
export function findNginx(): string | undefined {
  const folders = ['/usr/sbin', '/usr/local/sbin', ...(process.env['PATH'] ?? '').split(':')];
  return folders.map((folder) => join(folder, 'nginx')).find((path) => existsSync(path));
}

/** @throws Error with nginx's own words when it does not start */
export async function startNginx(plan: NginxPlan): Promise<TestNginx> {
  const folder = await mkdtemp(join(tmpdir(), 'tilework-nginx-'));
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '30',
      ...subject,
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'pipe' },
  );
  await writeFile(
    join(folder, 'tilework.conf'),
    localised(await readFile(EXAMPLE, 'utf8'), plan, certificate, key),
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `
    daemon off;
    worker_processes 1;
    pid ${join(folder, 'nginx.pid')};
    events { worker_connections 256; }
    http {
      ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')}
      include ${join(folder, 'tilework.conf')};
    }`;
  await writeFile(join(folder, 'nginx.conf'), config);
  // Its workers are nobody's where it runs as root, and may not read a folder of ours.
  const user = process.getuid?.() === 0 ? 'user root; ' : '';
  const server = spawn(
    findNginx()!,
    ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', `${user}error_log stderr warn;`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = async (): Promise<void> => {
    await ended(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([plan.pagePort, plan.coordinatorPort].map((port) => listening(server, port)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { certificate, stop };
}

/** The example's names, ports and files as they are here. */
function localised(text: string, plan: NginxPlan, certificate: string, key: string): string {
  const { pagePort, coordinatorPort, backend, root } = plan;
  const [maps, page, coordinator] = text.split(/^(?=server \{)/m);
  const local = (part: string, port: number): string =>
    part
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replaceAll(/server_name [\w.]+/g, 'server_name localhost')
      .replace(/ssl_certificate +[^;]+/, `ssl_certificate ${certificate}`)
      .replace(/ssl_certificate_key +[^;]+/, `ssl_certificate_key ${key}`)
      .replaceAll('://tilework.example.org', `://localhost:${coordinatorPort}`)
      .replace('/srv/tilework/dist', root);
  return [
    maps!
      .replace('127.0.0.1:8080', `127.0.0.1:${backend.port}`)
      .replace('127.0.0.1:9001', `127.0.0.1:${backend.peerPort}`),
    local(page!, pagePort),
    local(coordinator!, coordinatorPort),
  ].join('');
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  let said = '';
  server.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (;;) {
    if (server.exitCode !== null) throw new Error(`nginx ended before it was ready: ${said}`);
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await new Promise((next) => setTimeout(next, 10));
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  server.kill('SIGTERM');
  await gone;
}
