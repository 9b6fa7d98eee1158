/**
 * One headless contributor: a browser of its own with a profile of its own, and so an identity of its
 * own. It does what a visitor does, press the page's button, and reads what a visitor reads.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { type Clock, sleep, withDeadline } from '../core/clock.ts';
import { AppError, isAppError, toAppError } from '../core/errors.ts';
import { type InstalledBrowser, launchContributorBrowser } from './browser.ts';
import { type PageStatus, failureOf, isWorthARestart, readPage, statusLine } from './page-status.ts';

export interface TabOptions {
  readonly browser: InstalledBrowser;
  /** The page's address, with everything that it should ask for. */
  readonly url: string;
  readonly software: boolean;
  readonly clock: Clock;
  /** Ends the tab in order. */
  readonly signal: AbortSignal;
  /** After every change of what the page shows. */
  readonly onStatus: (status: PageStatus) => void;
  /** What went wrong, when the tab will be opened again. */
  readonly onTrouble: (message: string) => void;
}

const LOOK_EVERY_MS = 400;
/** A page on a busy machine may take seconds to answer; one that takes this long is dead. */
const ANSWER_MS = 60_000;
const LOAD_MS = 60_000;
/** Stop takes one slice and a goodbye; nobody waits longer than this for politeness. */
const GOODBYE_MS = 4_000;
const RESTART_MS = [1_000, 2_000, 5_000, 15_000, 60_000] as const;
/** A click may fall between two layouts. */
const PRESSES = 3;
const PRESS_MS = 5_000;
const DRAW_MS = 30_000;

const TOGGLE = '[data-testid="toggle"]';

/**
 * Contributes until the signal fires; opens the tab again when it crashes or cannot be reached.
 * @throws AppError when the page reports a problem that it cannot recover from, 'no-browser'.
 */
export async function keepTab(options: TabOptions): Promise<void> {
  const { signal, clock, onTrouble } = options;
  const profileDir = await mkdtemp(join(tmpdir(), 'tilework-contributor-'));
  try {
    for (let failures = 0; !signal.aborted; failures++) {
      let working = false;
      const onStatus = (status: PageStatus): void => {
        working ||= status.stage === 'waiting' || status.shards > 0;
        options.onStatus(status);
      };
      const trouble = await runTab({ ...options, onStatus }, profileDir);
      if (!trouble || signal.aborted) return;
      if (working) failures = 0;
      const pause = RESTART_MS[Math.min(failures, RESTART_MS.length - 1)]!;
      onTrouble(`${trouble.message.replace(/\.$/, '')}; opening it again in ${pause / 1000} s`);
      await sleep(clock, pause, signal).catch(() => {});
    }
  } finally {
    // The browser's helper processes may still write for a moment after it has ended.
    await rm(profileDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** @returns why it ended, when opening it again may help; undefined when the signal fired. */
async function runTab(options: TabOptions, profileDir: string): Promise<AppError | undefined> {
  const { browser: program, software, signal } = options;
  const browser = await launchContributorBrowser(program, { software, profileDir });
  try {
    const [page = await browser.newPage()] = await browser.pages();
    // A call into a page that crashes meanwhile is never answered, so the crash itself must be heard.
    const crash = Promise.withResolvers<never>();
    page.once('error', crash.reject);
    await Promise.race([crash.promise, watchPage(page, options)]);
    return undefined;
  } catch (thrown) {
    if (signal.aborted) return undefined;
    const error = crashOf(thrown);
    if (isAppError(error, 'unreachable') || isWorthARestart(error)) return error;
    throw error;
  } finally {
    await endBrowser(browser);
  }
}

function crashOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const [reason] = toAppError(thrown).message.split('\n', 1);
  return new AppError('closed', `the tab crashed (${reason})`, { cause: thrown });
}

async function watchPage(page: Page, options: TabOptions): Promise<void> {
  const { clock, signal, onStatus } = options;
  await openPage(page, options.url);
  await press(page, clock, signal);
  let shown = '';
  while (!signal.aborted) {
    const status = await look(page, clock);
    if (status) {
      const failure = failureOf(status);
      if (failure) throw failure;
      const line = `${status.stage} ${statusLine(status)}`;
      if (line !== shown) onStatus(status);
      shown = line;
    }
    await sleep(clock, LOOK_EVERY_MS, signal).catch(() => {});
  }
  await withDeadline(clock, GOODBYE_MS, 'stopping', leave(page)).catch(() => {});
}

async function openPage(page: Page, url: string): Promise<void> {
  try {
    const answer = await page.goto(url, { waitUntil: 'domcontentloaded', timeout: LOAD_MS });
    // 304 is as good as 200: the profile still has the page.
    if (answer && answer.status() >= 400)
      throw new AppError('unreachable', `${url} answered ${answer.status()}`);
    await page.waitForSelector('tilework-page[data-stage]', { timeout: LOAD_MS });
  } catch (thrown) {
    if (isAppError(thrown)) throw thrown;
    const reason = /net::\w+|NS_ERROR_\w+/.exec(toAppError(thrown).message)?.[0];
    const what = reason ? `cannot reach ${url} (${reason})` : `there is no Tilework page at ${url}`;
    throw new AppError('unreachable', what, { cause: thrown });
  }
}

/** Presses Start as a person does: the page acts on trusted clicks only. */
async function press(page: Page, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < PRESSES && !signal.aborted; attempt++) {
    const before = await look(page, clock);
    const failure = before && failureOf(before);
    if (failure) throw failure;
    if (before && before.stage !== 'stopped') return;
    await click(page, clock);
    const started = page.waitForSelector('tilework-page:not([data-stage="stopped"])', { timeout: PRESS_MS });
    if (
      await started.then(
        () => true,
        () => false,
      )
    )
      return;
  }
  if (!signal.aborted) throw new AppError('timeout', 'the page did not start when its button was pressed');
}

/**
 * A click waits for the browser to draw. Where its graphics driver hangs, that is never: seen in Chromium
 * 156 with --use-angle=vulkan on a machine whose only Vulkan driver is software.
 */
async function click(page: Page, clock: Clock): Promise<void> {
  try {
    await withDeadline(clock, DRAW_MS, 'drawing the page', page.click(TOGGLE));
  } catch (error) {
    if (!isAppError(error, 'timeout')) throw error;
    throw new AppError(
      'no-webgpu',
      "the browser's graphics do not work on this machine: --allow-software contributes with the CPU",
      { cause: error },
    );
  }
}

function look(page: Page, clock: Clock): Promise<PageStatus | undefined> {
  return withDeadline(clock, ANSWER_MS, 'an answer of the tab', page.evaluate(readPage));
}

/** Stops in order, so that the coordinator gives the shard to somebody else at once. */
async function leave(page: Page): Promise<void> {
  await page.click(TOGGLE);
  await page.waitForSelector('tilework-page[data-stage="stopped"]', { timeout: GOODBYE_MS });
}

/** Resolves when the program has ended, and not only been asked to: its profile is free then. */
async function endBrowser(browser: Browser): Promise<void> {
  const program = browser.process();
  const ended = new Promise<void>((resolve) => {
    if (!program || program.exitCode !== null || program.signalCode !== null) resolve();
    else {
      program.once('exit', () => {
        resolve();
      });
    }
  });
  await browser.close().catch(() => {
    program?.kill('SIGKILL');
  });
  await ended;
}
