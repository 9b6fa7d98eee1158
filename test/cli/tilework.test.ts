/** The program itself, started as people start it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { banner } from '../../src/cli/start.ts';
import { deadUrl } from '../client/server.ts';
import { writeNpy } from './npy-files.ts';

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/tilework.js');

function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  return new Promise((done) => {
    child.once('close', (code) => {
      done({ code, out, err });
    });
  });
}

describe('tilework', () => {
  it('ends with 1 and one clear line when it cannot do what was asked', async () => {
    expect(await run('multiply', 'none.npy', 'none.npy', '-o', 'C.npy')).toEqual({
      code: 1,
      out: '',
      err: 'error: none.npy: there is no such file\n',
    });
  });

  it('says how to start a coordinator when there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tilework-cli-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'X.npy');
    await writeNpy(path, '|i1', [4, 4]);
    const url = await deadUrl();
    const flags = ['--url', url, '--token', 't'];
    expect(await run('multiply', path, path, '-o', join(folder, 'C.npy'), ...flags)).toMatchObject({
      code: 1,
      err: `error: no coordinator at ${url}: start one with npm start\n`,
    });
    const { err } = await run('--debug', 'multiply', path, path, '-o', join(folder, 'C.npy'), ...flags);
    expect(err).toContain('ECONNREFUSED');
  });

  it('helps', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    expect(out).toContain('npm run tilework -- multiply A.npy B.npy -o C.npy');
  });
});

describe('what start prints', () => {
  const coordinator = { url: 'http://127.0.0.1:8080', token: 's3cret', tokenIsNew: true };

  it('is the address, the folder, and the line that submits a product', () => {
    const text = banner(coordinator, 'tilework-data').join('\n');
    expect(text).toContain('http://127.0.0.1:8080\n');
    expect(text).toContain('s3cret  (shown once; kept in tilework-data/token)');
    expect(text).toContain('npm run tilework -- multiply A.npy B.npy -o C.npy\n');
  });

  it('shows the token once only', () => {
    const text = banner({ ...coordinator, tokenIsNew: false }, 'tilework-data').join('\n');
    expect(text).not.toContain('s3cret');
    expect(text).toContain('in tilework-data/token');
  });

  it('names the address and the folder in that line when they are not the usual ones', () => {
    const text = banner({ ...coordinator, url: 'http://127.0.0.1:81' }, '/srv/grid').join('\n');
    expect(text).toContain('-o C.npy --url http://127.0.0.1:81 --data /srv/grid\n');
  });
});
