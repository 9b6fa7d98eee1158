/** `tilework token` against a whole coordinator. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { token } from '../../src/cli/token.ts';
import { TileworkClient } from '../../src/client/client.ts';
import { coordinatorForFile } from '../coordinator/http-client.ts';
import { type MemoryTerminal, testContext } from './memory-terminal.ts';

const home = coordinatorForFile();

async function run(options: object): Promise<MemoryTerminal> {
  const context = testContext();
  const { url, dataDir } = home();
  await token({ url, data: dataDir, ...options } as Parameters<typeof token>[0], context);
  return context.terminal;
}

const create = { action: 'create', scopes: ['submit', 'read'], label: 'Ada' } as const;
const client = (given: string): TileworkClient => new TileworkClient({ url: home().url, token: given });

describe('tilework token', () => {
  it('shows a token once: alone on stdout, and never in the list', async () => {
    const made = await run({ ...create, lifetimeMs: 86_400_000 });
    expect(made.outLines).toEqual([expect.stringMatching(/^tilework_[0-9a-f]{16}_[\w-]{43}$/)]);
    const given = made.outLines[0]!;
    await client(given).jobs();
    const { outLines } = await run({ action: 'list' });
    const [id = ''] = made.noteLines[0]!.split(' ');
    const line = outLines.find((each) => each.startsWith(id))!;
    expect(line).toMatch(/^\w{16} {2}Ada {2}submit,read {2}created 20.* last used 20.* expires 20/);
    expect(outLines.join('\n')).not.toContain(given.slice(-43));
  });

  it('revokes it, once', async () => {
    const made = await run(create);
    const given = made.outLines[0]!;
    const [id = ''] = made.noteLines[0]!.split(' ');
    await client(given).jobs();
    await run({ action: 'revoke', id });
    await expect(client(given).jobs()).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(run({ action: 'revoke', id })).rejects.toMatchObject({ code: 'conflict' });
    await expect(run({ action: 'revoke', id: 'nope' })).rejects.toMatchObject({ code: 'not-found' });
    expect((await run({ action: 'list' })).outLines.find((each) => each.startsWith(id))).toContain('REVOKED');
  });

  it('is for operators', async () => {
    const { outLines } = await run(create);
    await expect(run({ ...create, token: outLines[0] })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(run({ action: 'list', token: outLines[0] })).rejects.toMatchObject({ code: 'forbidden' });
    const operator = (await run({ ...create, scopes: ['operate'] })).outLines[0]!;
    expect((await run({ action: 'list', token: operator })).outLines.length).toBeGreaterThan(0);
  });
});

describe.skipIf(process.platform === 'win32')('the data folder’s own token', () => {
  let path = '';
  beforeAll(() => {
    path = join(home().dataDir, 'token');
  });

  it('is for its owner’s eyes', async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});
