/** The doctor, asked about real things that are broken. */
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type RequestListener, createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { doctor, linesOf } from '../../src/cli/doctor.ts';
import type { Finding } from '../../src/coordinator/doctor.ts';
import { examineAddress } from '../../src/coordinator/doctor-address.ts';
import { examineMachine } from '../../src/coordinator/doctor-machine.ts';
import { systemClock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/store/database.ts';
import { testContext } from '../cli/memory-terminal.ts';
import { freshDataDir } from '../helpers/databases.ts';
import { freePort } from '../helpers/free-port.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { product, upload } from '../helpers/product.ts';

let coordinator: TestCoordinator;
let pageDir: string;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  pageDir = await mkdtemp(join(tmpdir(), 'tilework-page-'));
  await writeFile(join(pageDir, 'index.html'), '<tilework-page></tilework-page>');
  coordinator = await testCoordinator({ pageDir });
});
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});
afterAll(async () => {
  await coordinator?.remove();
  await rm(pageDir, { recursive: true });
});

const bad = (findings: readonly Finding[]): string[] =>
  findings
    .filter(({ level }) => level !== 'ok')
    .map(({ level, check, text }) => `${level} ${check}: ${text}`);

async function machine(dataDir: string, change: object = {}): Promise<readonly Finding[]> {
  const ports = { port: await freePort(), peerPort: await freePort() };
  return examineMachine({ dataDir, host: '127.0.0.1', ...ports, clock: systemClock, ...change });
}

async function stopped(): Promise<string> {
  const dataDir = await freshDataDir();
  undo.push(() => rm(dataDir, { recursive: true, force: true }));
  await chmod(dataDir, 0o700);
  return dataDir;
}

async function web(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  undo.push(() => new Promise((done) => server.close(done)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('this machine', () => {
  it('is well with a stopped coordinator, and nothing of it changes', async () => {
    const dataDir = await stopped();
    await (await openDatabase({ dataDir })).close();
    const before = await readdir(dataDir);
    const findings = await machine(dataDir);
    expect(bad(findings)).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['data folder', 'lock', 'ports', 'disk', 'blocks', 'database']),
    );
    expect(await readdir(dataDir)).toEqual(before);
  });

  it('is well with a running one, whose ports are in use as they should be', async () => {
    const { port } = new URL(coordinator.url);
    const peerPort = Number(/tcp\/(\d+)/.exec(coordinator.peerAddresses[0]!)![1]);
    const findings = await machine(coordinator.dataDir, { port: Number(port), peerPort });
    expect(bad(findings).filter((line) => !line.includes(' disk: '))).toEqual([]);
    expect(findings.find(({ check }) => check === 'lock')!.text).toContain(`process ${process.pid}`);
  });

  it('tells of a port that another program has, and of an address that is not this machine’s', async () => {
    const server = createSocketServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    undo.push(() => new Promise((done) => server.close(done)));
    const { port } = server.address() as AddressInfo;
    const dataDir = await stopped();
    expect(bad(await machine(dataDir, { port }))).toEqual([
      `problem ports: 127.0.0.1:${port} is in use by another program`,
    ]);
    expect(bad(await machine(dataDir, { host: '203.0.113.7' }))[0]).toContain(
      'cannot be listened on (EADDRNOTAVAIL)',
    );
  });

  it('tells of secrets that others may read, with the command that mends it', async () => {
    const dataDir = await stopped();
    await writeFile(join(dataDir, 'token'), 'secret', { mode: 0o644 });
    const [finding] = (await machine(dataDir)).filter(({ level }) => level !== 'ok');
    expect(finding).toMatchObject({ level: 'problem', advice: `chmod go= ${join(dataDir, 'token')}` });
  });

  it('tells of a damaged block', async () => {
    await upload(coordinator, product('i8', 40, 30, 20).a);
    const blocks = join(coordinator.dataDir, 'blocks');
    const [shelf] = await readdir(blocks);
    const [name] = await readdir(join(blocks, shelf!));
    await writeFile(join(blocks, shelf!, name!), 'not what it was');
    expect(bad(await machine(coordinator.dataDir)).join()).toContain('problem blocks: 1 of ');
  });

  it('tells of a database of a newer version, which does not start either, and of one that is not there', async () => {
    const dataDir = await stopped();
    const db = await openDatabase({ dataDir });
    await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-hover', '2099-01-01')`.execute(db);
    await db.close();
    expect(bad(await machine(dataDir))).toEqual([
      'problem database: the embedded database was used by a newer version (9999-hover)',
    ]);
    await expect(testCoordinator({ dataDir })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(
        /^this database belongs to a newer version of Tilework .*start that version/,
      ),
    });
    const databaseUrl = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
    expect(bad(await machine(dataDir, { databaseUrl }))[0]).toMatch(/^problem database: .*ECONNREFUSED/);
  });
});

describe('an address', () => {
  it('is well where a coordinator serves its page: it is dialled as contributors do', async () => {
    const findings = await examineAddress(coordinator.url, systemClock);
    expect(bad(findings)).toEqual([]);
    expect(findings.map(({ text }) => text).join('\n')).toContain(
      `${coordinator.peerAddresses[0]} answers as that`,
    );
  });

  it('where nobody answers is one problem', async () => {
    const findings = await examineAddress(`http://127.0.0.1:${await freePort()}`, systemClock);
    expect(bad(findings)).toEqual([expect.stringMatching(/^problem page: .*ECONNREFUSED/)]);
  });

  it('of something else is not the page', async () => {
    const url = await web((_, response) => response.end('<h1>It works!</h1>'));
    expect(bad(await examineAddress(url, systemClock))[0]).toContain('not with the page');
  });

  it('tells of a clock, a policy, an address and a key that are wrong', async () => {
    const [address] = coordinator.peerAddresses;
    const dead = address!.replace(/tcp\/\d+/, `tcp/${await freePort()}`);
    const other = address!.replace(/.{4}$/, 'abcd');
    const url = await web((request, response) => {
      response.setHeader('date', new Date(Date.now() - 100_000).toUTCString());
      if (request.url === '/coordinator.json') {
        response.end(JSON.stringify({ v: 1, addrs: [address, dead, other, '/ip4/127.0.0.1/udp/1/quic-v1'] }));
      } else if (request.url === '/readyz') {
        response.writeHead(503).end(JSON.stringify({ ok: false, database: false, draining: true }));
      } else {
        response.setHeader('content-security-policy', "default-src 'none'; connect-src 'self'");
        response.end('<tilework-page></tilework-page>');
      }
    });
    const said = bad(await examineAddress(url, systemClock)).join('\n');
    expect(said).toMatch(/problem clock: this machine is \d+(\.\d)? s ahead of/);
    expect(said).toContain('problem ready: /readyz says that it is not: database, it is stopping');
    expect(said).toMatch(/problem contributors: .*tcp/);
    expect(said).toContain('quic-v1 is nothing that a browser can dial');
    expect(said).toContain("problem browser: the page's policy forbids ws://127.0.0.1:");
    expect(said.split('\n').filter((line) => line.startsWith('problem contributors'))).toHaveLength(3);
  });
});

describe('the command', () => {
  it('ends with 1 where there is a problem, and prints what to do, or JSON', async () => {
    const port = String(await freePort());
    const env = { TILEWORK_DATA: await stopped(), TILEWORK_PORT: port, TILEWORK_PEER_PORT: '0' };
    const fine = testContext({ env });
    await doctor({ json: false }, fine);
    expect(fine.terminal.outLines.every((line) => /^(ok|warning|  )/.test(line))).toBe(true);
    const broken = testContext({ env });
    const url = `http://127.0.0.1:${await freePort()}`;
    await expect(doctor({ url, json: true }, broken)).rejects.toThrow(
      '1 problem; the lines above say what to do',
    );
    const [line] = broken.terminal.outLines;
    expect(JSON.parse(line!)).toMatchObject({ ok: false, findings: expect.any(Array) });
    await expect(doctor({ url: 'example.org', json: false }, testContext())).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('aligns what it prints', () => {
    expect(linesOf({ check: 'ports', level: 'problem', text: 'taken', advice: 'another' })).toEqual([
      'problem  ports            taken',
      '                          → another',
    ]);
  });
});
