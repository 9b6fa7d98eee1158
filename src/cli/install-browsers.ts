/**
 * `npm run browsers`: makes sure that there is a browser with WebGPU, with Debian's packages where it may.
 *   --tests  what the tests need: Chromium, Firefox, a Vulkan driver that Firefox can compute with, and nginx
 *   --check  only say what is missing
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isAppError } from '../core/errors.ts';
import { type BrowserKind, type Environment, findBrowser } from './browser.ts';

/** What a machine can lack, with the name of Debian's package. */
export type Need = 'chromium' | 'firefox-esr' | 'mesa-vulkan-drivers' | 'nginx';

/** Without it one test is left out, and says so. */
const SPARED: ReadonlySet<Need> = new Set(['nginx']);

export interface System {
  /** True for Debian and its relatives, where apt-get exists. */
  readonly apt: boolean;
  readonly root: boolean;
  /** True when sudo asks for no password. */
  readonly sudo: boolean;
  /** Debian starts a web server that it installs, where there is systemd. */
  readonly systemd: boolean;
}

/** Where Debian keeps what users do not call. */
const SBIN = ['/usr/sbin', '/usr/local/sbin', '/usr/bin'];
/** Chromium brings its own software adapter; Firefox asks the Vulkan drivers of the machine. */
const VULKAN_FOLDERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** What is missing on this machine: for the tests, or for one contributor. */
export function missingNeeds(forTests: boolean, env: Environment = process.env): Need[] {
  if (!forTests) return hasBrowser(env) ? [] : ['chromium'];
  const needs: Need[] = [];
  if (!hasBrowser(env, 'chromium')) needs.push('chromium');
  if (!hasBrowser(env, 'firefox')) needs.push('firefox-esr');
  if (process.platform === 'linux' && !VULKAN_FOLDERS.some(hasDriver)) needs.push('mesa-vulkan-drivers');
  if (process.platform === 'linux' && !SBIN.some((folder) => existsSync(`${folder}/nginx`)))
    needs.push('nginx');
  return needs;
}

/** The commands that install `needs`, or null where this program may not. */
export function installCommands(needs: readonly Need[], system: System): string[][] | null {
  if (needs.length === 0) return [];
  if (!system.apt || !(system.root || system.sudo)) return null;
  const root = system.root ? [] : ['sudo', '-n'];
  const apt = [...root, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=120'];
  const idle = needs.includes('nginx') && system.systemd;
  return [
    [...apt, 'update'],
    [...apt, 'install', '-y', '--no-install-recommends', ...needs],
    // The tests start their own, and nobody asked for one on port 80.
    ...(idle ? [[...root, 'systemctl', 'disable', '--now', 'nginx']] : []),
  ];
}

/** One line for somebody who has to install it by hand. */
export function adviceFor(needs: readonly Need[]): string {
  const packages = needs.join(' ');
  return `missing: ${needs.map((need) => NAMES[need]).join(', ')} (on Debian: sudo apt-get install ${packages})`;
}

const NAMES: Readonly<Record<Need, string>> = {
  chromium: 'a browser with WebGPU such as Chromium, Chrome or Edge',
  'firefox-esr': 'Firefox',
  'mesa-vulkan-drivers': "a Vulkan driver for Firefox's WebGPU",
  nginx: 'nginx, for the test of the TLS proxy',
};

function hasBrowser(env: Environment, kind?: BrowserKind): boolean {
  try {
    findBrowser(env, kind);
    return true;
  } catch (error) {
    if (isAppError(error, 'no-browser')) return false;
    throw error;
  }
}

function hasDriver(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json'));
}

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function inspectSystem(): System {
  return {
    apt: existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get'),
    root: process.getuid?.() === 0,
    sudo: succeeds('sudo', '-n', 'true'),
    systemd: existsSync('/run/systemd/system'),
  };
}

function main(args: readonly string[]): number {
  const forTests = args.includes('--tests');
  const needs = missingNeeds(forTests);
  if (needs.length === 0) return 0;
  const commands = args.includes('--check') ? null : installCommands(needs, inspectSystem());
  for (const [command, ...rest] of commands ?? []) {
    process.stderr.write(`${[command, ...rest].join(' ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync(command!, rest, { stdio: ['ignore', 2, 'inherit'], env });
  }
  // Not the exit codes but the outcome: an unreachable second package source is no reason to stop.
  const left = missingNeeds(forTests);
  if (left.length > 0) process.stderr.write(`${adviceFor(left)}\n`);
  return left.some((need) => !SPARED.has(need)) ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = main(process.argv.slice(2));
