import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setupAdvice } from '../../src/cli/setup.js';

const CLI = resolve(import.meta.dirname, '../../src/cli');

/** Every Node on this machine that is too old for us. */
function oldNodes(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).concat('/usr/bin', '/usr/local/bin');
  const paths = [...new Set(folders.map((folder) => join(folder, 'node')))].filter((path) =>
    existsSync(path),
  );
  return paths.filter((path) => {
    const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
    return setupAdvice(version, true) !== null;
  });
}

describe('the check before anything starts', () => {
  it.each(['22.18.0', '22.20.1', '23.6.0', '24.0.0', '24.21.0', '100.0.0'])('accepts Node %s', (version) => {
    expect(setupAdvice(version, true)).toBeNull();
  });

  it.each(['0.12.0', '18.20.4', '20.20.2', '22.2.0', '22.17.9', '23.5.0', ''])(
    'refuses Node "%s" in one line',
    (version) => {
      for (const installed of [true, false]) {
        expect(setupAdvice(version, installed)).toMatch(
          /^Tilework cannot start: [^\n]*22\.18[^\n]*npm ci[^\n]*npm run[^\n]*$/,
        );
      }
    },
  );

  it('says when the packages are missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tilework-cli-'));
    await cp(CLI, join(folder, 'src/cli'), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const ran = spawnSync(process.execPath, [join(folder, 'src/cli/tilework.js'), 'demo'], {
      encoding: 'utf8',
    });
    await rm(folder, { recursive: true });
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr.trim().split('\n')).toEqual([expect.stringContaining('packages are not installed')]);
  });

  it.skipIf(oldNodes().length === 0)('stops an old Node of this machine with one line and no stack', () => {
    for (const node of oldNodes()) {
      for (const script of ['tilework.js', 'check-setup.js']) {
        const ran = spawnSync(node, [join(CLI, script), 'demo'], { encoding: 'utf8' });
        expect(ran).toMatchObject({ status: 1, stdout: '' });
        expect(ran.stderr.trim().split('\n')).toEqual([expect.stringContaining('npm ci')]);
      }
    }
  });
});
