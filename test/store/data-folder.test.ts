import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../src/store/data-folder.ts';

const MODULE = new URL('../../src/store/data-folder.ts', import.meta.url).href;

let parent: string;
let path: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tilework-folder-'));
  path = join(parent, 'data');
});

afterEach(() => rm(parent, { recursive: true, force: true }));

const modeOf = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

/** Another process that opens the folder, says what came of it, and then stays. */
async function opener(): Promise<{ child: ChildProcess; said: string }> {
  const script = `
    const { openDataFolder } = await import(${JSON.stringify(MODULE)});
    const said = await openDataFolder(${JSON.stringify(path)}).then(() => 'opened', (error) => error.code);
    process.stdout.write(said);
    setInterval(() => {}, 1 << 30);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.signalCode === null) await once(child, 'exit');
}

describe('The data folder', () => {
  it('is made for its owner only', async () => {
    const folder = await openDataFolder(path);
    expect(await modeOf(path)).toBe('700');
    await folder.release();
    expect(await readdir(path)).toEqual([]);
  });

  it('is locked while it is open, and free afterwards', async () => {
    const first = await openDataFolder(path);
    await expect(openDataFolder(path)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.release();
    await first.release();
    await (await openDataFolder(path)).release();
  });

  it('is locked by a living process, and free after kill -9', async () => {
    const { child, said } = await opener();
    expect(said).toBe('opened');
    await expect(openDataFolder(path)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(`process ${child.pid}`),
    });
    await kill(child);
    const folder = await openDataFolder(path);
    expect((await readdir(path)).filter((name) => name.startsWith('lock-'))).toHaveLength(1);
    await folder.release();
  });

  it('is never opened twice by a burst of processes', async () => {
    const openers = await Promise.all(Array.from({ length: 4 }, opener));
    const opened = openers.filter(({ said }) => said === 'opened');
    expect(opened.length).toBeLessThanOrEqual(1);
    expect(openers.filter(({ said }) => said === 'locked')).toHaveLength(4 - opened.length);
    await Promise.all(openers.map(({ child }) => kill(child)));
    await (await openDataFolder(path)).release();
  });

  it.skipIf(process.platform !== 'linux')(
    'is not locked by a later process with the pid of a dead holder',
    async () => {
      await (await openDataFolder(path)).release();
      await writeFile(join(path, `lock-${process.pid}-1-0123456789abcdef`), '');
      await (await openDataFolder(path)).release();
      expect(await readdir(path)).toEqual([]);
    },
  );

  it('makes a secret once, readable by its owner only', async () => {
    const folder = await openDataFolder(path);
    const make = (n: number) => () => Promise.resolve(Uint8Array.of(n, 0, 255));
    expect(await folder.secret('network.key', make(1))).toEqual({
      bytes: Uint8Array.of(1, 0, 255),
      created: true,
    });
    expect(await folder.secret('network.key', make(2))).toEqual({
      bytes: Uint8Array.of(1, 0, 255),
      created: false,
    });
    expect(await folder.secret('token', make(3))).toMatchObject({ created: true });
    expect(await modeOf(join(path, 'network.key'))).toBe('600');
    expect(new Uint8Array(await readFile(join(path, 'network.key')))).toEqual(Uint8Array.of(1, 0, 255));
    await folder.release();
    expect((await readdir(path)).sort()).toEqual(['network.key', 'token']);
  });

  it('makes a secret anew when the one that is there does not serve any more', async () => {
    const folder = await openDataFolder(path);
    const make = (byte: number) => () => Promise.resolve(Uint8Array.of(byte));
    const serves = (bytes: Uint8Array): boolean => bytes[0] !== 1;
    expect(await folder.secret('certificate', make(1), serves)).toMatchObject({ created: true });
    const second = { bytes: Uint8Array.of(2), created: true };
    expect(await folder.secret('certificate', make(2), serves)).toEqual(second);
    expect(await folder.secret('certificate', make(3), serves)).toEqual({ ...second, created: false });
    expect(await modeOf(join(path, 'certificate'))).toBe('600');
    await folder.release();
  });

  it.skipIf(process.platform === 'win32')('closes a secret that others could read', async () => {
    const folder = await openDataFolder(path);
    const make = (): Promise<Uint8Array> => Promise.resolve(Uint8Array.of(1));
    await folder.secret('token', make);
    await chmod(join(path, 'token'), 0o644);
    await folder.secret('token', make);
    expect(await modeOf(join(path, 'token'))).toBe('600');
    await folder.release();
  });

  it('gives every caller of a burst the same secret, and calls one of them its maker', async () => {
    const folder = await openDataFolder(path);
    const secrets = await Promise.all(
      Array.from({ length: 20 }, (_, n) => folder.secret('token', () => Promise.resolve(Uint8Array.of(n)))),
    );
    expect(secrets.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(secrets.map(({ bytes }) => bytes[0])).size).toBe(1);
    await folder.release();
  });

  it('has no secret when making it failed, and none outside itself', async () => {
    const folder = await openDataFolder(path);
    await expect(folder.secret('token', () => Promise.reject(new Error('no randomness')))).rejects.toThrow(
      'randomness',
    );
    expect(await folder.secret('token', () => Promise.resolve(Uint8Array.of(1)))).toMatchObject({
      created: true,
    });
    for (const name of ['../token', '', '.hidden', 'a/b', 'UPPER']) {
      await expect(folder.secret(name, () => Promise.resolve(new Uint8Array(1)))).rejects.toMatchObject({
        code: 'bad-input',
      });
    }
    await folder.release();
  });
});
