/** `tilework serve` as a supervisor runs it: a process of its own, signals, restarts, and what it logs meanwhile. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withoutPersons } from '../../src/cli/log.ts';
import type { ReadyView } from '../../src/coordinator/readiness.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { freePort } from '../helpers/free-port.ts';
import { type TestContributor, testContributor } from '../helpers/network.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/tilework.js');

type Entry = Readonly<Record<string, unknown>> & { readonly msg: string };

/** One life of the server. */
class Server {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly lines: string[] = [];
  readonly gone: Promise<NodeJS.Signals | number>;
  #seen: () => void = () => {};

  constructor(config: string) {
    const args = [PROGRAM, 'serve', '--config', config, '--no-page'];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#seen();
      });
    this.gone = once(this.#child, 'exit').then(
      ([code, signal]) => (signal ?? code) as NodeJS.Signals | number,
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async said(message: string): Promise<Entry> {
    for (;;) {
      for (const line of this.lines) {
        const entry = JSON.parse(line) as Entry;
        if (entry.msg.startsWith(message)) return entry;
      }
      const ended = await Promise.race([
        new Promise<undefined>((next) => {
          this.#seen = () => next(undefined);
        }),
        this.gone,
      ]);
      if (ended !== undefined) throw new Error(`ended with ${ended}: ${this.lines.join('\n')}`);
    }
  }
}

describe('serve', { timeout: 60_000 }, () => {
  let folder: string;
  let config: string;
  let home: { readonly url: string; readonly token: string };
  const servers: Server[] = [];
  const contributors: TestContributor[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tilework-serve-'));
    const [data, port, peerPort] = [await freshDataDir(), await freePort(), await freePort()];
    config = join(folder, 'tilework.json');
    await writeFile(config, JSON.stringify({ data, port, peerPort, drainSeconds: 20 }));
    const first = await serve();
    first.kill('SIGKILL');
    await first.gone;
    home = { url: `http://127.0.0.1:${port}`, token: await readFile(join(data, 'token'), 'utf8') };
  });
  afterEach(async () => {
    for (const each of contributors.splice(0)) await each.stop();
    for (const each of servers.splice(0)) {
      each.kill('SIGKILL');
      await each.gone;
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function serve(): Promise<Server> {
    const server = new Server(config);
    servers.push(server);
    await server.said('coordinator ready');
    return server;
  }

  /** One whose computing stands still until it is let go. */
  async function heldContributor(): Promise<{ contributor: TestContributor; letGo: () => void }> {
    const gate = Promise.withResolvers<void>();
    const { peers } = (await servers.at(-1)!.said('coordinator ready')) as unknown as { peers: string[] };
    const contributor = await testContributor(peers, { wrap: (backend) => held(backend, gate.promise) });
    contributors.push(contributor);
    // It comes back by itself; here without the seconds that it would wait.
    void contributor.until(({ problem }) => {
      if (problem?.code === 'unreachable') setImmediate(() => contributor.engine.wake());
      return false;
    });
    return { contributor, letGo: gate.resolve };
  }

  const ready = async (): Promise<[number, ReadyView]> => {
    const response = await fetch(`${home.url}/readyz`);
    return [response.status, (await response.json()) as ReadyView];
  };

  it('takes what is being computed at SIGTERM, gives nothing new, and ends with 0; the next one ends the job', async () => {
    const server = await serve();
    expect(await ready()).toMatchObject([200, { ok: true }]);
    const wanted = product('i8', 900, 800, 300);
    const job = await submit(home, wanted);
    const { contributor, letGo } = await heldContributor();
    await contributor.until(({ stage }) => stage === 'computing');
    server.kill('SIGTERM');
    await contributor.until(({ detail }) => detail.startsWith('The coordinator is about to restart'));
    expect(await ready()).toMatchObject([503, { draining: true, database: true }]);
    await expect(submit(home, product('i8', 8, 8, 8))).rejects.toThrow('503');
    letGo();
    expect(await server.gone).toBe(0);
    expect(await server.said('drained')).toMatchObject({ handedBack: 0 });
    const taken = contributor.receipts.length;
    expect(taken).toBeGreaterThan(0);

    await serve();
    const before = await api<{ cellsVerified: number; state: string }>(home, `/v1/jobs/${job.id}`);
    expect(before.state).toBe('running');
    expect(before.cellsVerified).toBeGreaterThanOrEqual(taken);
    // It finds the next one by itself.
    const done = await ended(home, job.id);
    expect(done).toMatchObject({ state: 'done' });
    expect(await result(home, job.id)).toEqual(wanted.expected);
    expect(done.shards).toBe(contributor.receipts.length);
  });

  it('hands back what nobody finishes in time, and ends at once at a second signal', async () => {
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace('"drainSeconds":20', '"drainSeconds":1'),
    );
    const first = await serve();
    const job = await submit(home, product('i8', 300, 300, 300, 5));
    const one = await heldContributor();
    await one.contributor.until(({ stage }) => stage === 'computing');
    first.kill('SIGTERM');
    expect(await first.said('drained')).toMatchObject({ handedBack: 1 });
    expect(await first.gone).toBe(0);

    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace('"drainSeconds":1', '"drainSeconds":600'),
    );
    const second = await serve();
    const other = await heldContributor();
    await Promise.race(
      [one, other].map(({ contributor }) => contributor.until(({ stage }) => stage === 'computing')),
    );
    const beforeMs = Date.now();
    second.kill('SIGTERM');
    await second.said('draining');
    // One press of Ctrl-C can arrive as two signals; half a second later it is a second one.
    while (Date.now() - beforeMs < 600) await ready();
    second.kill('SIGTERM');
    expect(await second.gone).toBe(130);

    await serve();
    one.letGo();
    other.letGo();
    expect(await ended(home, job.id)).toMatchObject({ state: 'done' });
  });

  it('logs lines of JSON that hold no address and no token of anybody', async () => {
    const server = await serve();
    const { contributor, letGo } = await heldContributor();
    letGo();
    await fetch(`${home.url}/v1/jobs`, {
      headers: { authorization: 'Bearer tilework_0123456789abcdef_secretsecret' },
    });
    await fetch(`${home.url}/v1/jobs?token=${home.token}`, {
      headers: { 'x-forwarded-for': '203.0.113.77' },
    });
    const job = await submit(home, product('i8', 40, 30, 20));
    await ended(home, job.id);
    await contributor.stop();
    server.kill('SIGTERM');
    await server.gone;
    expect(server.lines.length).toBeGreaterThan(4);
    for (const line of server.lines) {
      const { msg, url, peers, ...rest } = JSON.parse(line) as Record<string, unknown>;
      expect(typeof msg).toBe('string');
      if (msg === 'coordinator ready') expect([url, peers]).toEqual([home.url, [expect.any(String)]]);
      else expect([url, peers]).toEqual([undefined, undefined]);
      const text = JSON.stringify(rest);
      expect(text).not.toMatch(/127\.0\.0\.1|203\.0\.113|::1|\/ip[46]\//);
      expect(text).not.toContain(home.token.trim());
      expect(text).not.toContain('secretsecret');
    }
    expect(server.lines.some((line) => line.includes(contributor.peerId))).toBe(true);
  });
});

/** A backend whose shards begin only when they may. */
function held(backend: Backend, gate: Promise<void>): Backend {
  return new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => unknown;
      return HELD.has(name) ? (...args: unknown[]) => gate.then(() => call(...args)) : call;
    },
  });
}
const HELD = new Set<string | symbol>(['accumulate']);

describe('a log without persons', () => {
  it.each([
    ['connect ECONNREFUSED 203.0.113.9:443', 'connect ECONNREFUSED [address]:443'],
    ['dialling /ip4/203.0.113.9/tcp/5/ws', 'dialling /ip4/[address]/tcp/5/ws'],
    ['read from 2001:db8::7 failed', 'read from [address] failed'],
    ['at 2001:db8:0:0:0:0:0:7', 'at [address]'],
    ['::ffff:203.0.113.9 left', '[address] left'],
    ['Bearer abcdefgh in tilework_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAA', '[token] in [token]'],
    ['took 1.5 s at 14:03:05, version 0.1.0', 'took 1.5 s at 14:03:05, version 0.1.0'],
    ['node:internal/process:12:3', 'node:internal/process:12:3'],
    ['12D3KooWPeer', '12D3KooWPeer'],
  ])('turns %j into %j', (text, safe) => {
    expect(withoutPersons({ error: [text] })).toEqual({ error: [safe] });
  });
});
