/** Which coordinator a command talks to, and whose token it shows to whom. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type ConnectionOptions, connect } from '../../src/cli/connection.ts';
import type { Environment } from '../../src/cli/browser.ts';
import { sendJson, serve } from '../client/server.ts';

/** The token that a coordinator at this address gets to see. */
async function shown(url: string, options: ConnectionOptions, env: Environment = {}): Promise<void> {
  const client = await connect({ url, ...options }, env);
  await client.jobs();
}

describe('the token', () => {
  let data: string;
  let url: string;
  let tokens: (string | undefined)[];

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'tilework-connect-'));
    onTestFinished(() => rm(data, { recursive: true, force: true }));
    await writeFile(join(data, 'token'), 'from-the-folder\n');
    tokens = [];
    ({ url } = await serve((request, response) => {
      tokens.push(request.headers.authorization);
      sendJson(response, []);
    }));
  });

  it('is the one given, else that of the environment, else that of the data folder', async () => {
    const env = { TILEWORK_TOKEN: 'from-env' };
    await shown(url, { token: 'given', data }, env);
    await shown(url, { data }, env);
    await shown(url, { data });
    expect(tokens).toEqual(['Bearer given', 'Bearer from-env', 'Bearer from-the-folder']);
  });

  it('of this machine is not shown to another machine unless somebody says so', async () => {
    await expect(connect({ url: 'https://example.org' }, {})).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'submitting to https://example.org needs its token: give --token or set TILEWORK_TOKEN',
    });
    await expect(connect({ url: 'http://127.0.0.1.example.org' }, {})).rejects.toMatchObject({
      code: 'unauthorized',
    });
    expect((await connect({ url: 'https://example.org', data }, {})).url).toBe('https://example.org');
  });

  it('that cannot be found is asked for', async () => {
    const empty = join(data, 'empty');
    await mkdir(empty);
    await expect(connect({ url, data: empty }, {})).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining(`${join(empty, 'token')} cannot be read`) as string,
    });
  });

  it('goes to the address of the environment when no other is given', async () => {
    const client = await connect({ token: 't' }, { TILEWORK_URL: url });
    expect(client.url).toBe(url);
    expect((await connect({ token: 't' }, {})).url).toBe('http://127.0.0.1:8080');
    await expect(connect({ token: 't', url: 'nonsense' }, {})).rejects.toMatchObject({ code: 'bad-input' });
  });
});
