/** The whole way: a real coordinator, a job, its log over HTTP, a mirror of it, and what becomes of a lie. */
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuditFlags, audit } from '../../src/cli/audit.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { ShardView } from '../../src/core/v1.ts';
import { signCheckpoint } from '../../src/protocol/checkpoint.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { type MemoryTerminal, testContext } from '../cli/memory-terminal.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import {
  type TestCoordinator,
  type TestContributor,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { ended, product, submit } from '../helpers/product.ts';

const KEPT_MS = 30 * 24 * 3_600_000;
const clock = new JumpClock();
let home: TestCoordinator;
let contributor: TestContributor;
let folder = '';
let job = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-audit-'));
  home = await testCoordinator({
    clock,
    keep: { resultsMs: KEPT_MS, operandsMs: KEPT_MS },
  });
  contributor = await testContributor(home.peerAddresses);
  ({ id: job } = await submit(home, product('i8', 520, 300, 40)));
  await ended(home, job);
});
afterAll(async () => {
  await contributor.stop();
  await home.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly terminal: MemoryTerminal;
  /** Of --json. */
  readonly json: Record<string, unknown>;
  readonly error: string | undefined;
}

/** Waits are over at once. */
const hurried: Clock = { now: () => systemClock.now(), after: (_ms, fire) => systemClock.after(0, fire) };

async function run(target: string, flags: Partial<AuditFlags> = {}): Promise<Ran> {
  const context = testContext({ clock: hurried });
  const { terminal } = context;
  const error = await audit({ target, json: true, ...flags }, context).then(
    () => undefined,
    (thrown: unknown) => (thrown as Error).message,
  );
  const json = JSON.parse((flags.json === false ? undefined : terminal.outLines[0]) ?? '{}') as Record<
    string,
    unknown
  >;
  return { terminal, json, error };
}

const pathOf = (...parts: string[]): string => join(folder, ...parts);

/** A copy of a mirror to be tampered with. */
async function copyOf(mirror: string): Promise<string> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  await cp(pathOf(mirror), copy, { recursive: true });
  return copy;
}

async function changeIn(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  const index = at < 0 ? bytes.length + at : at;
  // "A" and "B": the base64 of a note stays base64.
  bytes[index] = bytes[index] === 65 ? 66 : 65;
  await writeFile(file, bytes);
}

describe('an audit over HTTP', () => {
  it('finds that the log of an honest coordinator holds, results included', async () => {
    const { json, error } = await run(home.url, { key: home.peerId, sample: 'all' });
    expect(error).toBeUndefined();
    expect(json).toMatchObject({
      audit: 'holds',
      ok: true,
      pinned: true,
      coordinator: home.peerId,
      contributors: 1,
      jobs: 1,
      cells: 6,
      multiplyAdds: String(520 * 300 * 40),
    });
    const { size, shapes, rechecked } = json as {
      size: number;
      shapes: number;
      rechecked: { results: number };
    };
    expect(size).toBeGreaterThan(0);
    expect([shapes, rechecked.results]).toEqual([size, size]);
    expect(json['balances']).toEqual({ [contributor.peerId]: json['microcredits'] });
  });

  it('says it to people, and says how it knows the key', async () => {
    const { terminal } = await run(home.url, { json: false, job, seed: 5 });
    const text = terminal.outLines.join('\n');
    expect(text).toContain(`the log of ${home.peerId} holds`);
    expect(text).toContain('pin it with --key');
    expect(text).toContain('with probability at most 2^-1');
    expect(text).toContain(contributor.peerId);
    expect(text).toContain('--seed 5');
  });

  it('refuses the log of another coordinator than the one that was pinned', async () => {
    const key = peerIdOf(await generateKey());
    const { json, error } = await run(home.url, { key });
    expect(error).toContain('checkpoint-key');
    expect(json).toMatchObject({ ok: false, kind: 'checkpoint-key', expected: key, found: home.peerId });
  });

  it('knows no job that the log does not know, and no folder that is not there', async () => {
    expect((await run(home.url, { job: 'nothing' })).error).toContain('no result of a job nothing');
    expect((await run(pathOf('nowhere'))).error).toContain('there is no folder');
    expect((await run(folder, { mirror: 'x' })).error).toContain('--mirror copies a URL');
    expect((await run('http://127.0.0.1:1/', { sample: 0 })).error).toContain('cannot be read');
  });
});

describe('a mirror', () => {
  it('is made, holds without the network, and grows with the log', async () => {
    const mirror = pathOf('mirror');
    const first = await run(home.url, { mirror, sample: 'all' });
    expect(first.error).toBeUndefined();
    expect(first.json).toMatchObject({ earlierCheckpoints: 0 });
    const offline = await run(mirror, { sample: 'all' });
    expect(offline.error).toBeUndefined();
    expect(offline.json).toMatchObject({ root: first.json['root'], earlierCheckpoints: 1 });

    const { id } = await submit(home, product('f32', 300, 30, 20, 7));
    expect((await ended(home, id)).state).toBe('done');
    const second = await run(home.url, { mirror, sample: 'all' });
    expect(second.error).toBeUndefined();
    expect(second.json).toMatchObject({ jobs: 2, earlierCheckpoints: 1 });
    expect(second.terminal.noteLines.join()).toMatch(/files downloaded, \d+ were there/);
    expect((await readdir(join(mirror, 'checkpoints'))).length).toBe(2);
    expect((await run(mirror, { sample: 'all' })).json).toMatchObject({ earlierCheckpoints: 2, jobs: 2 });
  });

  it('of the log alone is checked as far as it goes, and fails when results are asked for', async () => {
    const copy = await copyOf('mirror');
    await rm(join(copy, 'v1'), { recursive: true });
    const { json, error } = await run(copy);
    expect(error).toBeUndefined();
    expect(json).toMatchObject({ ok: true, shapes: 0, rechecked: { results: 0 } });
    expect((json['rechecked'] as { missing: number }).missing).toBeGreaterThan(0);
    expect((await run(copy, { sample: 1 })).json).toMatchObject({ kind: 'operand-missing' });
  });

  it('that somebody tampered with is refused, wherever that was', async () => {
    const size = (await run(pathOf('mirror'))).json['size'] as number;
    const shards = await readdir(pathOf('mirror', 'v1', 'shards'));
    const shard = await readFile(pathOf('mirror', 'v1', 'shards', shards[0]!), 'utf8');
    const [block] = (JSON.parse(shard) as ShardView).blocks;
    const kept = await readdir(pathOf('mirror', 'checkpoints'));
    for (const [file, at, kind] of [
      [`log/tile/entries/000.p/${size}`, -20, 'tile-mismatch'],
      [`log/tile/0/000.p/${size}`, 3, 'tile-mismatch'],
      ['log/checkpoint', -5, 'checkpoint-signature'],
      [`checkpoints/${kept[0]}`, -5, 'checkpoint-signature'],
      [`v1/blocks/${block}`, 9, 'block-hash'],
    ] as const) {
      const copy = await copyOf('mirror');
      await changeIn(join(copy, file), at);
      const { json, error } = await run(copy, { sample: 'all' });
      expect([file, json['kind']]).toEqual([file, kind]);
      expect(error).toContain(`contradiction: `);
    }
  });

  it('keeps its checkpoint and the evidence when the coordinator turns out to be another', async () => {
    const copy = await copyOf('mirror');
    await rm(join(copy, 'checkpoints'), { recursive: true });
    const before = await signCheckpoint(3, new Uint8Array(32), await generateKey());
    await writeFile(join(copy, 'log/checkpoint'), before);
    const { json, terminal } = await run(home.url, { mirror: copy });
    expect(json).toMatchObject({ kind: 'checkpoint-key' });
    expect(terminal.noteLines.join()).toContain('kept as evidence');
    expect(await readFile(join(copy, 'log/checkpoint'), 'utf8')).toBe(before);
    expect((await readdir(join(copy, 'refused-checkpoints'))).length).toBe(1);
  });
});

describe('results that were let go', () => {
  it('are counted as not kept, which is no contradiction; what the log says still holds', async () => {
    const mirror = pathOf('older');
    const before = (await run(home.url, { mirror, sample: 'all' })).json;
    clock.jump(KEPT_MS + 3_600_000);
    const [shard] = await readdir(join(mirror, 'v1', 'shards'));
    const lease = shard!.replace('.json', '');
    const { blocks } = JSON.parse(await readFile(join(mirror, 'v1', 'shards', shard!), 'utf8')) as ShardView;
    // Marked by one sweep, and removed by one that comes when nobody reads it any more.
    await vi.waitFor(
      async () => {
        clock.jump(4 * 3_600_000);
        expect((await fetch(`${home.url}/v1/blocks/${blocks[0]}`)).status).toBe(404);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(await (await fetch(`${home.url}/v1/shards/${lease}`)).json()).toMatchObject({ kept: false });
    const { json, error } = await run(home.url, { sample: 'all' });
    expect(error).toBeUndefined();
    const { size } = json as { size: number };
    expect(json).toMatchObject({
      ok: true,
      size: before['size'],
      shapes: size,
      rechecked: { results: 0, notKept: size, missing: 0, of: size },
    });
    const { terminal } = await run(home.url, { json: false, sample: 3 });
    expect(terminal.outLines.join('\n')).toContain(
      '3 results chosen but not kept any more, as the coordinator says',
    );
    // Whoever made a mirror in time checks them for ever.
    expect((await run(mirror, { sample: 'all' })).json).toMatchObject({
      rechecked: { results: size, notKept: 0 },
    });
  });
});
