import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adviceFor, installCommands, missingNeeds } from '../../src/cli/install-browsers.ts';

const SCRIPT = resolve(import.meta.dirname, '../../src/cli/install-browsers.ts');
const debian = { apt: true, root: true, sudo: false, systemd: false };

describe('install-browsers', () => {
  it('installs with apt-get as root, and through sudo only when that asks for no password', () => {
    expect(installCommands(['chromium', 'firefox-esr'], debian)?.at(-1)?.join(' ')).toBe(
      'apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends chromium firefox-esr',
    );
    const user = { ...debian, root: false, sudo: true };
    for (const command of installCommands(['chromium'], user) ?? [])
      expect(command.slice(0, 2)).toEqual(['sudo', '-n']);
    expect(installCommands(['chromium'], { ...user, sudo: false })).toBeNull();
    expect(installCommands(['chromium'], { ...debian, apt: false })).toBeNull();
  });

  it('leaves no web server running that it installed for the tests', () => {
    expect(installCommands(['nginx'], debian)).toHaveLength(2);
    expect(installCommands(['nginx'], { ...debian, systemd: true })?.at(-1)).toEqual([
      'systemctl',
      'disable',
      '--now',
      'nginx',
    ]);
    expect(installCommands(['chromium'], { ...debian, systemd: true })).toHaveLength(2);
  });

  it('runs nothing when nothing is missing', () => {
    expect(installCommands([], debian)).toEqual([]);
    expect(missingNeeds(true)).toEqual([]);
  });

  it('is content with any one browser unless the tests need both', () => {
    expect(missingNeeds(false, { TILEWORK_BROWSER: '/usr/bin/firefox-esr' })).toEqual([]);
    expect(missingNeeds(false, { TILEWORK_BROWSER: '/nowhere/chromium' })).toEqual(['chromium']);
  });

  it('advises in one line that names the packages', () => {
    const advice = adviceFor(['chromium', 'mesa-vulkan-drivers']);
    expect(advice).toContain('apt-get install chromium mesa-vulkan-drivers');
    expect(advice).not.toContain('\n');
  });

  it('as a program: is silent when all is there, and --check reports what is missing without installing', () => {
    const run = (args: string[], env: Record<string, string>) =>
      spawnSync(process.execPath, [SCRIPT, ...args], { env: { ...process.env, ...env }, encoding: 'utf8' });
    expect(run(['--tests'], {})).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const missing = run(['--check'], { TILEWORK_BROWSER: '/nowhere/chromium' });
    expect(missing).toMatchObject({ status: 1, stdout: '' });
    expect(missing.stderr.trim().split('\n')).toHaveLength(1);
  });
});
