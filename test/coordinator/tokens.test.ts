/** Tokens: what opens, for how long, and what of it is on the disk. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { timingSafeEqual } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cryptoRng } from '../../src/core/rng.ts';
import { Tokens } from '../../src/coordinator/tokens.ts';
import { openDatabase } from '../../src/store/database.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { databaseForFile } from './doors-rig.ts';

vi.mock('node:crypto', { spy: true });

const DAY_MS = 24 * 60 * 60 * 1000;
const OPERATOR = '0f'.repeat(32);
const home = databaseForFile();
let clock: FakeClock;
let tokens: Tokens;

beforeEach(() => {
  clock = new FakeClock();
  tokens = new Tokens(home.db, OPERATOR, clock, cryptoRng);
});

const bearer = (token: string): string => `Bearer ${token}`;
const forAda = { scopes: ['read', 'submit'], label: ' Ada ' } as const;

describe('a token', () => {
  it('opens what it was made for, again and again, and says whose account is charged', async () => {
    const made = await tokens.create(forAda);
    expect(made).toMatchObject({ label: 'Ada', scopes: ['submit', 'read'], lastUsedMs: null });
    for (let use = 0; use < 2; use++) {
      const requester = await tokens.authenticate(bearer(made.token));
      expect(requester).toMatchObject({ id: made.id, account: `requester:${made.id}`, expiresMs: null });
      expect([...requester.scopes]).toEqual(['submit', 'read']);
    }
  });

  it('holds 256 random bits and is another one each time', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => tokens.create(forAda)));
    const secrets = made.map(({ token }) => /^tilework_[0-9a-f]{16}_([A-Za-z0-9_-]{43})$/.exec(token)![1]!);
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  });

  it('expires on the millisecond', async () => {
    const { token } = await tokens.create({ ...forAda, lifetimeMs: DAY_MS });
    await clock.advance(DAY_MS - 1);
    await tokens.authenticate(bearer(token));
    await clock.advance(1);
    await expect(tokens.authenticate(bearer(token))).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('expired') as string,
    });
  });

  it('is revoked at once and for good, and only once', async () => {
    const { id, token } = await tokens.create(forAda);
    await tokens.authenticate(bearer(token));
    await tokens.revoke(id);
    for (let use = 0; use < 2; use++)
      await expect(tokens.authenticate(bearer(token))).rejects.toMatchObject({
        code: 'unauthorized',
        message: expect.stringContaining('revoked') as string,
      });
    await expect(tokens.revoke(id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(tokens.revoke('0'.repeat(16))).rejects.toMatchObject({ code: 'not-found' });
    await expect(tokens.revoke("'; DROP TABLE tokens; --")).rejects.toMatchObject({ code: 'not-found' });
    const another = new Tokens(home.db, OPERATOR, clock, cryptoRng);
    await expect(another.authenticate(bearer(token))).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('that is revoked while it is being looked up does not open', async () => {
    const { id, token } = await tokens.create(forAda);
    // The database takes them in order: found, revoked, and only then noted as used.
    const checked = tokens.authenticate(bearer(token));
    await Promise.all([expect(checked).rejects.toMatchObject({ code: 'unauthorized' }), tokens.revoke(id)]);
  });

  it('remembers to the minute when it was used', async () => {
    const { id, token } = await tokens.create(forAda);
    const lastUsed = async (): Promise<number | null> =>
      (await tokens.list()).find((each) => each.id === id)!.lastUsedMs;
    expect(await lastUsed()).toBeNull();
    await tokens.authenticate(bearer(token));
    const first = clock.now();
    await clock.advance(59_999);
    await tokens.authenticate(bearer(token));
    expect(await lastUsed()).toBe(first);
    await clock.advance(1);
    await tokens.authenticate(bearer(token));
    expect(await lastUsed()).toBe(clock.now());
  });

  it.each(['', '   ', 'two\nlines', 'a\u0007bell'])('has no label like %j', async (label) => {
    await expect(tokens.create({ ...forAda, label })).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('what is not a token of ours', () => {
  it('does not open, whatever it looks like, and every answer is the same', async () => {
    const { token } = await tokens.create(forAda);
    const [, id] = token.split('_');
    const secret = token.slice(-43);
    const wrong = [
      'x',
      OPERATOR.slice(1),
      `${OPERATOR}0`,
      `${token}A`,
      token.slice(0, -1),
      `tilework_${id}_${'A'.repeat(43)}`,
      `tilework_${'0'.repeat(16)}_${secret}`,
      `tilework_${id}_`,
      'é'.repeat(20),
    ];
    const told = new Set<string>();
    for (const each of wrong) {
      const error = await tokens.authenticate(bearer(each)).catch((thrown: unknown) => thrown as Error);
      expect(error).toMatchObject({ code: 'unauthorized' });
      if (!/[^\x21-\x7e]/.test(each)) told.add((error as Error).message);
    }
    expect(told.size).toBe(1);
    for (const none of [undefined, '', 'Basic dG9rZW46', 'Bearer', 'Bearer ', `Bearer ${'x'.repeat(300)}`])
      await expect(tokens.authenticate(none)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('is compared as a whole hash in constant time: right, wrong, unknown or malformed', async () => {
    const { token } = await tokens.create(forAda);
    const unknown = `tilework_${'0'.repeat(16)}_${'A'.repeat(43)}`;
    const looks: number[][] = [];
    for (const each of [token, `${token.slice(0, -2)}AA`, unknown, 'x']) {
      vi.mocked(timingSafeEqual).mockClear();
      await tokens.authenticate(bearer(each)).catch(() => {});
      const calls = vi.mocked(timingSafeEqual).mock.calls;
      looks.push(calls.flatMap(([a, b]) => [a.byteLength, b.byteLength]));
    }
    // Against the operator's, then against the record's, or against nobody's where there is none.
    expect(looks).toEqual(Array.from({ length: 4 }, () => [32, 32, 32, 32]));
  });
});

describe('the data folder', () => {
  it('holds the hashes of tokens and never a token', async () => {
    const made = await Promise.all(Array.from({ length: 3 }, () => tokens.create(forAda)));
    for (const { token } of made) await tokens.authenticate(bearer(token));
    await home.db.close();
    const needles = made.flatMap(({ token }) => [token, token.slice(-43)]);
    const files = (await readdir(home.dataDir, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    );
    let hashes = 0;
    for (const { parentPath, name } of files) {
      const text = (await readFile(join(parentPath, name))).toString('latin1');
      expect(needles.filter((needle) => text.includes(needle))).toEqual([]);
      if (made.every(({ id }) => text.includes(id))) hashes += 1;
    }
    expect(hashes).toBeGreaterThan(0); // the search does find what is there
    Object.assign(home, { db: await openDatabase({ dataDir: home.dataDir }) });
  });
});
