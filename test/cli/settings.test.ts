/** One table: what a flag, the environment and a file may say, which of them counts, and what the docs say of it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printedConfig, resolveSettings } from '../../src/cli/resolve-settings.ts';
import { SETTING_KEYS, envOf, flagOf, settingsTable } from '../../src/cli/settings.ts';
import { start } from '../../src/cli/start.ts';
import { testContext } from './memory-terminal.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-settings-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: unknown): Promise<string> {
  const path = join(folder, 'tilework.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('settings', () => {
  it('count in this order: flag, environment, file, what is usual', async () => {
    const config = await file({ port: 1, peerPort: 1, name: 'file', drainSeconds: 1 });
    const env = { TILEWORK_PORT: '2', TILEWORK_PEER_PORT: '2', TILEWORK_NAME: '' };
    const { settings, origins } = await resolveSettings({ config, port: 3 }, env, 'serve');
    expect(settings).toMatchObject({
      port: 3,
      peerPort: 2,
      name: 'file',
      drainSeconds: 1,
      host: '127.0.0.1',
    });
    expect(Object.fromEntries(origins)).toEqual({
      port: '--port',
      peerPort: 'TILEWORK_PEER_PORT',
      name: config,
      drainSeconds: config,
    });
  });

  it('differ between start and serve in what is usual only', async () => {
    expect((await resolveSettings({}, {}, 'start')).settings).toMatchObject({ sample: true, jsonLog: false });
    expect((await resolveSettings({}, {}, 'serve')).settings).toMatchObject({ sample: false, jsonLog: true });
    const env = { TILEWORK_JSON_LOG: 'false', TILEWORK_SAMPLE: '1' };
    expect((await resolveSettings({}, env, 'serve')).settings).toMatchObject({
      sample: true,
      jsonLog: false,
    });
  });

  it('come from the environment as lists, sizes and switches, and the database by its usual name', async () => {
    const { settings } = await resolveSettings(
      {},
      {
        DATABASE_URL: 'postgres://u:secret@h/d',
        TILEWORK_ANNOUNCE: '/dns4/a/tcp/443/tls/ws, /dns4/b/tcp/443/tls/ws',
        TILEWORK_MAX_UPLOAD: '2GiB',
        TILEWORK_WEBRTC_DIRECT: 'true',
        TILEWORK_SUPPLY_CAP: '070',
      },
      'serve',
    );
    expect(settings).toMatchObject({
      databaseUrl: 'postgres://u:secret@h/d',
      announce: ['/dns4/a/tcp/443/tls/ws', '/dns4/b/tcp/443/tls/ws'],
      maxUpload: 2 * 2 ** 30,
      webrtcDirect: true,
      supplyCap: '70',
    });
  });

  it.each([
    [{ peerport: 9001 }, '"peerport" is not a setting; these are: host, port, peerPort, '],
    [{ port: '8080' }, '"port" is a whole number from 0 to 65535, not "8080"'],
    [{ port: 80.5 }, '"port" is a whole number from 0 to 65535, not 80.5'],
    [{ host: '' }, '"host" is a text, not ""'],
    [{ announce: '/dns4/a' }, '"announce" is a list of multiaddrs'],
    [{ embed: [1] }, '"embed" is a list of origins such as https://example.org, not [1]'],
    [{ sample: 'yes' }, '"sample" is true or false, not "yes"'],
    [{ credit: 'free' }, '"credit" is one of open, paid, not "free"'],
    [{ maxUpload: 'big' }, '"maxUpload" is a whole number of bytes: 16GiB, 500MB, 1000000, not "big"'],
    [{ supplyCap: 0 }, '"supplyCap" is a whole number of microcredits'],
    [{ toString: 1 }, '"toString" is not a setting'],
    [{ port: null }, '"port" is a whole number from 0 to 65535, not null'],
    [[], 'a config file is one JSON object'],
    ['{"port": 1,}', 'is not JSON'],
  ])('of a file are checked: %j', async (content, message) => {
    const config = await file(content);
    await expect(resolveSettings({ config }, {}, 'serve')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(message),
    });
    await expect(resolveSettings({ config }, {}, 'serve')).rejects.toThrow(config);
  });

  it('of the environment are checked, and a file that is not there is said so', async () => {
    const said = (env: Record<string, string>): Promise<unknown> =>
      resolveSettings({}, env, 'start').catch((error: unknown) => (error as Error).message);
    expect(await said({ TILEWORK_PORT: 'http' })).toBe(
      'TILEWORK_PORT is a whole number from 0 to 65535, not "http"',
    );
    expect(await said({ TILEWORK_EMBED: 'a,,b' })).toContain('separated by commas');
    expect(await said({ TILEWORK_CONFIG: join(folder, 'none.json') })).toContain('cannot be read');
  });

  it('are printed as a config file that means the same, without the password of the database', async () => {
    const context = testContext({ env: { DATABASE_URL: 'postgres://u:se@cret@h/d', TILEWORK_PORT: '0' } });
    await start({ printConfig: true }, context, 'serve');
    const { outLines, noteLines } = context.terminal;
    expect(noteLines).toContain('port: from TILEWORK_PORT');
    const printed = outLines.join('\n');
    expect(printed).not.toContain('cret');
    const { databaseUrl, ...rest } = JSON.parse(printed) as Record<string, unknown>;
    expect(databaseUrl).toMatch(/^postgres:\/\/u:\*\*\*@/);
    const again = await resolveSettings({ config: await file(rest) }, {}, 'serve');
    expect(JSON.parse(printedConfig(again).json)).toEqual(rest);
  });

  it('have a name of their own each, and the table of settings.md', async () => {
    expect(envOf('peerPort')).toBe('TILEWORK_PEER_PORT');
    expect([flagOf('webrtcDirect'), flagOf('databaseUrl')]).toEqual(['--webrtc-direct', undefined]);
    expect(new Set(SETTING_KEYS.map(envOf)).size).toBe(SETTING_KEYS.length);
    const page = await readFile(new URL('../../src/cli/settings.md', import.meta.url), 'utf8');
    const cells = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
        .map((line) => line.replace(/\s+/g, ' '));
    expect(cells(page)).toEqual(cells(settingsTable()));
  });
});
