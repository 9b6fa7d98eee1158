/** Logs of more than one bundle: full tiles, a second level, and what a mirror keeps of them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { audit } from '../../src/cli/audit.ts';
import { testContext } from '../cli/memory-terminal.ts';
import { LogBuilder, auditFiles, contradictionOf } from './log-builder.ts';
import { type Files, type Matrices, matrices } from './product-files.ts';

const CELL = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 1 };
const FIRST = 258;
const SECOND = 515;

let tiny: Matrices;
let log: LogBuilder;
let served: Files;
let server: Server;
let url = '';
let folder = '';

async function append(to: LogBuilder, count: number, name = 'job'): Promise<void> {
  for (let i = 0; i < count; i++) {
    await to.credit(tiny, CELL, { who: to.entries.length % 2, job: `${name}-${to.entries.length}` });
  }
}

beforeAll(async () => {
  tiny = await matrices('i8', 1, 1, 1);
  log = await LogBuilder.open();
  await append(log, SECOND);
  server = createServer((request, response) => {
    const bytes = served.get(request.url!.slice(1));
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-audit-'));
  return () => rm(folder, { recursive: true, force: true });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function mirrored(): Promise<{ json: Record<string, unknown>; notes: string }> {
  const context = testContext();
  await audit({ target: url, mirror: folder, sample: 2, json: true }, context).catch(() => {});
  const { outLines, noteLines } = context.terminal;
  return { json: JSON.parse(outLines[0]!) as Record<string, unknown>, notes: noteLines.join() };
}

describe('a long log', () => {
  it('holds at every size, with tiles of two levels', async () => {
    for (const [size, tiles] of [
      [256, 2],
      [257, 3],
      [SECOND, 4],
    ] as const) {
      const report = await auditFiles(new Map(await log.publish(size)), { sample: 0 });
      expect(report).toMatchObject({ size, tiles, bundles: Math.ceil(size / 256), leases: size });
    }
  });

  it('may have dropped partial files when full ones were there', async () => {
    const files = await log.publish(FIRST);
    const note = files.get('log/checkpoint')!;
    await log.publish(512);
    files.delete('log/tile/entries/001.p/2');
    files.delete('log/tile/0/001.p/2');
    files.set('log/checkpoint', note);
    expect((await auditFiles(files, { sample: 5 })).size).toBe(FIRST);
  });

  it('is wrong in its second level, and says where', async () => {
    const files = new Map(await log.publish());
    const tile = files.get('log/tile/1/000.p/2')!.slice();
    tile[40] = tile[40]! ^ 1;
    files.set('log/tile/1/000.p/2', tile);
    expect(await contradictionOf(files)).toMatchObject({ kind: 'tile-mismatch', index: 256 });
  });
});

describe('a mirror of a long log', () => {
  it('downloads what is new, and nothing twice', async () => {
    served = new Map(await log.publish(FIRST));
    expect((await mirrored()).json).toMatchObject({ ok: true, size: FIRST });
    served = new Map(await log.publish());
    served.delete('log/tile/entries/000');
    served.delete('log/tile/0/000');
    expect((await mirrored()).json).toMatchObject({ ok: true, size: SECOND, earlierCheckpoints: 1 });
  });

  it('shows a fork, though it holds old bundles itself', async () => {
    served = new Map(await log.publish(FIRST));
    await mirrored();
    const other = new LogBuilder(log.keys);
    await append(other, SECOND, 'another');
    served = await other.publish();
    const { json, notes } = await mirrored();
    expect(json).toMatchObject({ ok: false, kind: 'log-forked' });
    expect(notes).toContain('kept as evidence');
  });

  it('tells a damaged copy from a lying coordinator', async () => {
    served = new Map(await log.publish());
    await mirrored();
    const file = join(folder, 'log/tile/entries/001');
    const bytes = await readFile(file);
    bytes[5000] = bytes[5000]! ^ 1;
    await writeFile(file, bytes);
    const { json, notes } = await mirrored();
    expect(json).toMatchObject({ ok: false, kind: 'tile-mismatch' });
    expect(notes).toContain('the copy in the mirror is damaged');
  });
});
