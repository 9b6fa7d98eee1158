/** Real browsers for tests: software WebGPU, a profile of their own, nothing left behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { type BrowserKind, findBrowser, launchContributorBrowser } from '../../src/cli/browser.ts';

export interface LaunchOptions {
  /** Keep this profile (to test what survives a restart); else a new one is made and removed at the end. */
  readonly profileDir?: string;
  /** @default true */
  readonly software?: boolean;
}

/**
 * Starts a browser of this kind without a window. `await browser.close()` ends it and removes its profile,
 * and so does leaving an `await using` block.
 */
export async function launchBrowser(kind: BrowserKind, options: LaunchOptions = {}): Promise<Browser> {
  const profileDir = options.profileDir ?? (await mkdtemp(join(tmpdir(), `tilework-${kind}-`)));
  const removeProfile = async (): Promise<void> => {
    if (options.profileDir !== undefined) return;
    // Helper processes of the browser may still be writing while the main one has ended.
    await rm(profileDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  let browser: Browser;
  try {
    browser = await launchContributorBrowser(findBrowser(process.env, kind), {
      software: options.software ?? true,
      profileDir,
    });
  } catch (error) {
    await removeProfile();
    throw error;
  }
  const close = browser.close.bind(browser);
  browser.close = async () => {
    const program = browser.process();
    const ended = new Promise<void>((resolve) => {
      if (!program || program.exitCode !== null || program.signalCode !== null) resolve();
      else program.once('exit', () => resolve());
    });
    await close();
    await ended;
    await removeProfile();
  };
  return browser;
}
