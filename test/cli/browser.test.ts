import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  browserCandidates,
  chromiumFlags,
  findBrowser,
  launchContributorBrowser,
  NO_BROWSER,
} from '../../src/cli/browser.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-bin-'));
  for (const name of ['my-browser', 'firefox-nightly', 'not-a-browser']) {
    await writeFile(join(folder, name), '#!/bin/sh\nexit 3\n');
    await chmod(join(folder, name), name === 'not-a-browser' ? 0o644 : 0o755);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('findBrowser', () => {
  it('takes TILEWORK_BROWSER first and reads the family from its name', () => {
    const chromium = join(folder, 'my-browser');
    const firefox = join(folder, 'firefox-nightly');
    expect(findBrowser({ TILEWORK_BROWSER: chromium })).toEqual({ kind: 'chromium', path: chromium });
    expect(findBrowser({ TILEWORK_BROWSER: firefox })).toEqual({ kind: 'firefox', path: firefox });
  });

  it('does not fall back silently when TILEWORK_BROWSER is wrong', () => {
    for (const name of ['absent', 'not-a-browser', '.']) {
      const path = join(folder, name);
      expect(() => findBrowser({ TILEWORK_BROWSER: path })).toThrow(
        expect.objectContaining({
          code: 'no-browser',
          message: `TILEWORK_BROWSER names no program: ${path}`,
        }),
      );
    }
  });

  it('looks for the other family elsewhere when TILEWORK_BROWSER is of one family', () => {
    expect(findBrowser({ TILEWORK_BROWSER: join(folder, 'my-browser') }, 'firefox').kind).toBe('firefox');
  });

  it('says in one line what to install where there is none', () => {
    expect(() => findBrowser({}, undefined, 'win32')).toThrow(
      expect.objectContaining({ code: 'no-browser', message: NO_BROWSER }),
    );
    expect(NO_BROWSER).not.toContain('\n');
  });

  it('prefers Chromium, then Chrome, then Edge, then Firefox, on every system', () => {
    const order = [/chromium/i, /google.?chrome/i, /edge/i, /firefox/i];
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const env = { PATH: '/opt/bin:/usr/bin', PROGRAMFILES: 'C:\\Program Files', LOCALAPPDATA: 'C:\\Local' };
      const seen = browserCandidates(env, platform).map(({ path }) =>
        order.findIndex((name) => name.test(path)),
      );
      const first = seen.slice(0, platform === 'darwin' ? 4 : undefined);
      expect(first).toEqual(first.toSorted((a, b) => a - b));
      expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3]));
    }
  });
});

describe('chromiumFlags', () => {
  it('uses SwiftShader and no Vulkan switches for a software browser', () => {
    expect(chromiumFlags(true, 'linux', false)).toContain('--use-webgpu-adapter=swiftshader');
    expect(chromiumFlags(true, 'linux', false).join(' ')).not.toContain('Vulkan');
  });

  it('asks for Vulkan on Linux only, to reach a real GPU without a window', () => {
    expect(chromiumFlags(false, 'linux', false)).toContain('--enable-features=Vulkan');
    expect(chromiumFlags(false, 'darwin', false).join(' ')).not.toContain('ulkan');
  });

  it('gives up the sandbox for root only', () => {
    expect(chromiumFlags(true, 'linux', true)).toContain('--no-sandbox');
    expect(chromiumFlags(true, 'linux', false)).not.toContain('--no-sandbox');
  });
});

describe('launchContributorBrowser', () => {
  it.each(['my-browser', 'firefox-nightly'])('says in one line that %s does not start', async (name) => {
    const profileDir = await mkdtemp(join(folder, 'profile-'));
    const browser = findBrowser({ TILEWORK_BROWSER: join(folder, name) });
    const started = launchContributorBrowser(browser, { software: true, profileDir, timeoutMs: 5000 });
    await expect(started).rejects.toMatchObject({
      code: 'no-browser',
      message: expect.stringMatching(/^[^\n]*did not start: [^\n]+$/),
    });
  });
});
