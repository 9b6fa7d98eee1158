/** A network for one command: a coordinator in a temporary folder, and headless browsers that contribute. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, toAppError } from '../core/errors.ts';
import { type RunningCoordinator, startCoordinator } from '../coordinator/coordinator.ts';
import { findBrowser } from './browser.ts';
import type { Context } from './context.ts';
import { pageAddress } from './contribute.ts';
import { interrupted } from './interrupt.ts';
import { createLogger } from './log.ts';
import { pageFolder } from './page-folder.ts';
import { keepTab } from './tab.ts';

export interface OwnNetworkOptions {
  /** What its page calls it. */
  readonly name: string;
  /** Headless browsers, each with an identity of its own. */
  readonly contributors: number;
}

export interface OwnNetwork {
  readonly coordinator: RunningCoordinator;
  readonly contributors: Contributors;
}

/** Two software adapters on two cores are ready after some seconds; a command that hangs helps nobody. */
const READY_MS = 120_000;
const WHOLE_MS = 600_000;

/**
 * Runs `work` in a network of its own, and leaves nothing of it behind.
 * @param work - gets a context whose signal also fires when a contributor cannot work, or after ten minutes
 * @throws AppError 'not-found' (no built page), 'no-browser', 'timeout'
 */
export async function withOwnNetwork<T>(
  { name, contributors }: OwnNetworkOptions,
  context: Context,
  work: (network: OwnNetwork, context: Context) => Promise<T>,
): Promise<T> {
  const { terminal, debug } = context;
  const pageDir = pageFolder();
  const browser = findBrowser(context.env);
  const dataDir = await mkdtemp(join(tmpdir(), 'tilework-own-'));
  const log = createLogger(false, debug ? 'debug' : 'warn', (line) => {
    terminal.note(line.trimEnd());
  });
  try {
    const coordinator = await startCoordinator({
      dataDir,
      pageDir,
      port: 0,
      peerPort: 0,
      network: name,
      log,
    });
    try {
      terminal.note(
        `coordinator at ${coordinator.url}; ${contributors} headless contributor${contributors === 1 ? '' : 's'} with ${browser.path}`,
      );
      const crowd = new Contributors(coordinator, contributors, context);
      try {
        return await work({ coordinator, contributors: crowd }, { ...context, signal: crowd.signal });
      } finally {
        await crowd.stop();
      }
    } finally {
      await coordinator.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The command's own visitors. */
export class Contributors {
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;
  readonly #ready: Promise<void>;
  /** Fires when the command should give up: Ctrl-C, a contributor that cannot work, too much time. */
  readonly signal: AbortSignal;

  constructor(coordinator: RunningCoordinator, count: number, context: Context) {
    const { clock, env, terminal, debug } = context;
    const failed = new AbortController();
    const late = clock.after(WHOLE_MS, () => {
      failed.abort(new AppError('timeout', `it is not done after ${WHOLE_MS / 60_000} minutes`));
    });
    this.signal = AbortSignal.any([context.signal, failed.signal]);
    const tabSignal = AbortSignal.any([this.signal, this.#stop.signal]);
    const waiting = new Set<number>();
    const all = Promise.withResolvers<void>();
    void interrupted(this.signal).then(() => {
      all.reject(toAppError(this.signal.reason));
    });
    this.#ready = all.promise;
    this.#ready.catch(() => {}); // Whoever awaits it gets the error; nobody may have to.
    const run = (tab: number): Promise<void> =>
      keepTab({
        browser: findBrowser(env),
        url: pageAddress(coordinator.url, { allowSoftware: true }),
        software: true,
        clock,
        signal: tabSignal,
        onStatus: (status) => {
          if (debug) terminal.note(`[${tab}] ${status.sentence}`);
          if (status.stage === 'waiting') waiting.add(tab);
          if (waiting.size === count) all.resolve();
        },
        onTrouble: (message) => {
          terminal.note(`[${tab}] ${message}`);
        },
      }).catch((error: unknown) => {
        failed.abort(toAppError(error));
      });
    this.#ended = Promise.all(Array.from({ length: count }, (_, index) => run(index + 1))).finally(late);
    const impatient = clock.after(READY_MS, () => {
      all.reject(new AppError('timeout', `the contributors are not ready after ${READY_MS / 1000} s`));
    });
    void this.#ready.then(impatient, impatient);
  }

  /** Resolves when all of them wait for work. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    this.#stop.abort(new AppError('aborted', 'the work is over'));
    await this.#ended;
  }
}
