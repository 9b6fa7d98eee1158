/**
 * Finds the browsers of this machine and starts them without a window, with WebGPU switched on.
 * Used by `tilework contribute` and by the tests, so that both mean the same by "a browser".
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, launch } from 'puppeteer-core';
import { AppError } from '../core/errors.ts';

export type BrowserKind = 'chromium' | 'firefox';

/** A browser program on this machine. `kind` says which family's switches it understands. */
export interface InstalledBrowser {
  readonly kind: BrowserKind;
  readonly path: string;
}

export interface ContributorBrowserOptions {
  /** Compute on the CPU (SwiftShader in Chromium, whatever Vulkan finds in Firefox): for tests and demos. */
  readonly software: boolean;
  /** The profile holds a contributor's key: one folder for each contributor, never shared by two browsers. */
  readonly profileDir: string;
  /** How long a start may take. @default 60000 */
  readonly timeoutMs?: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What to say to somebody without a browser. */
export const NO_BROWSER =
  'no browser with WebGPU was found: install Chromium, Chrome, Edge or Firefox, or set TILEWORK_BROWSER to the path of one';

/** In the order of preference. Names are looked up on the PATH, so one row serves Debian, Nix and snaps alike. */
const ON_PATH: readonly (readonly [BrowserKind, readonly string[]])[] = [
  ['chromium', ['chromium', 'chromium-browser']],
  ['chromium', ['google-chrome-stable', 'google-chrome']],
  ['chromium', ['microsoft-edge-stable', 'microsoft-edge']],
  ['firefox', ['firefox-esr', 'firefox']],
];

const MAC: readonly InstalledBrowser[] = [
  { kind: 'chromium', path: '/Applications/Chromium.app/Contents/MacOS/Chromium' },
  { kind: 'chromium', path: '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' },
  { kind: 'chromium', path: '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge' },
  { kind: 'firefox', path: '/Applications/Firefox.app/Contents/MacOS/firefox' },
];

const WINDOWS: readonly InstalledBrowser[] = [
  { kind: 'chromium', path: 'Chromium\\Application\\chrome.exe' },
  { kind: 'chromium', path: 'Google\\Chrome\\Application\\chrome.exe' },
  { kind: 'chromium', path: 'Microsoft\\Edge\\Application\\msedge.exe' },
  { kind: 'firefox', path: 'Mozilla Firefox\\firefox.exe' },
];

/** Debian's wrapper scripts live here even when a service's PATH is short. */
const LINUX_FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin'];

/** Every place a browser may be, best first; nothing is looked up on disk. */
export function browserCandidates(env: Environment, platform: NodeJS.Platform): InstalledBrowser[] {
  if (platform === 'win32') {
    const roots = [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']].filter(isPresent);
    return WINDOWS.flatMap(({ kind, path }) => roots.map((root) => ({ kind, path: `${root}\\${path}` })));
  }
  const folders = [...new Set([...(env['PATH'] ?? '').split(delimiter).filter(isPresent), ...LINUX_FOLDERS])];
  const named = ON_PATH.flatMap(([kind, names]) =>
    names.flatMap((name) => folders.map((folder) => ({ kind, path: join(folder, name) }))),
  );
  return platform === 'darwin' ? [...MAC, ...named] : named;
}

/**
 * The browser to use: TILEWORK_BROWSER, else Chromium, Chrome, Edge, Firefox.
 * @param kind only this family
 * @throws 'no-browser' with one sentence that says what to install
 */
export function findBrowser(
  env: Environment = process.env,
  kind?: BrowserKind,
  platform: NodeJS.Platform = process.platform,
): InstalledBrowser {
  const chosen = env['TILEWORK_BROWSER'];
  if (chosen) {
    const named: InstalledBrowser = { kind: /firefox/i.test(chosen) ? 'firefox' : 'chromium', path: chosen };
    if (!isProgram(chosen)) throw new AppError('no-browser', `TILEWORK_BROWSER names no program: ${chosen}`);
    if (kind === undefined || kind === named.kind) return named;
  }
  const found = browserCandidates(env, platform).find(
    (candidate) => (kind === undefined || candidate.kind === kind) && isProgram(candidate.path),
  );
  if (!found) throw new AppError('no-browser', NO_BROWSER);
  return found;
}

/**
 * Starts a browser without a window for one contributor. The caller closes it; Chromium also ends by
 * itself when this process dies, however it dies, because it is driven over a pipe.
 * @throws 'no-browser' when the program does not start
 */
export async function launchContributorBrowser(
  browser: InstalledBrowser,
  options: ContributorBrowserOptions,
): Promise<Browser> {
  const common = {
    executablePath: browser.path,
    headless: true,
    userDataDir: options.profileDir,
    timeout: options.timeoutMs ?? 60_000,
    // Ctrl-C belongs to the command, which lets a running shard stop in order first.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  };
  try {
    if (browser.kind === 'firefox') {
      return await launch({ ...common, browser: 'firefox', extraPrefsFirefox: FIREFOX_PREFS });
    }
    return await launch({ ...common, browser: 'chrome', pipe: true, args: chromiumFlags(options.software) });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new AppError('no-browser', `${browser.path} did not start: ${reason}`, { cause: error });
  }
}

/** Switches beside puppeteer's own, which already stop background networking and timer throttling. */
export function chromiumFlags(
  software: boolean,
  platform: NodeJS.Platform = process.platform,
  isRoot: boolean = process.getuid?.() === 0,
): string[] {
  const flags = [
    '--enable-unsafe-webgpu',
    '--disable-component-update',
    '--disable-quic',
    '--no-default-browser-check',
  ];
  // Chromium refuses to run as root with its sandbox; everybody else keeps the sandbox.
  if (isRoot) flags.push('--no-sandbox');
  if (software) return [...flags, '--use-webgpu-adapter=swiftshader'];
  // Linux needs Vulkan by name when there is no window (developer.chrome.com/blog/supercharge-web-ai-testing).
  if (platform === 'linux') {
    flags.push('--ignore-gpu-blocklist', '--enable-features=Vulkan', '--disable-vulkan-surface');
  }
  return flags;
}

const FIREFOX_PREFS: Record<string, boolean | number | string> = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  // A page without a window counts as hidden; its timers and workers must not be slowed down for that.
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
};

function isPresent(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
