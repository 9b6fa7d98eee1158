/**
 * `tilework demo`: the whole of Tilework on real input. A coordinator in a temporary folder, two headless
 * contributors with separate identities, one exact product that classifies handwritten digits, and every
 * claim about it checked. Exits 0 only when all of them hold.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProduct } from '../client/arrays.ts';
import { TileworkClient } from '../client/client.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { type RunningCoordinator, startCoordinator } from '../coordinator/coordinator.ts';
import { findBrowser } from './browser.ts';
import type { Context } from './context.ts';
import { pageAddress } from './contribute.ts';
import { CONTRIBUTORS, type DemoReport, checkDemo, reportJson, reportLines } from './demo-report.ts';
import { type Digits, loadDigits, submitDigits } from './digits.ts';
import { followJob } from './follow.ts';
import { interrupted } from './interrupt.ts';
import { createLogger } from './log.ts';
import { pageFolder } from './page-folder.ts';
import { keepTab } from './tab.ts';

export interface DemoOptions {
  readonly json: boolean;
}

/** Two software adapters on two cores are ready after some seconds; a demo that hangs helps nobody. */
const READY_MS = 120_000;
const DEMO_MS = 600_000;

/** @throws AppError 'internal' when a claim does not hold, and whatever stopped it before that. */
export async function demo(options: DemoOptions, context: Context): Promise<void> {
  const { terminal } = context;
  let report: DemoReport;
  try {
    report = await runDemo(context);
  } catch (error) {
    if (options.json) terminal.out(JSON.stringify({ ok: false, error: toAppError(error).message }));
    throw error;
  }
  for (const line of reportLines(report)) terminal.out(line);
  if (options.json) terminal.out(reportJson(report));
  if (report.failures.length > 0)
    throw new AppError('internal', `the demo failed: ${report.failures.join('; ')}`);
}

async function runDemo(context: Context): Promise<DemoReport> {
  const { terminal, clock, debug } = context;
  const startedMs = clock.now();
  const pageDir = pageFolder();
  const browser = findBrowser(context.env);
  const digits = await loadDigits();
  const dataDir = await mkdtemp(join(tmpdir(), 'tilework-demo-'));
  const log = createLogger(false, debug ? 'debug' : 'warn', (line) => {
    terminal.note(line.trimEnd());
  });
  try {
    const coordinator = await startCoordinator({
      dataDir,
      pageDir,
      port: 0,
      peerPort: 0,
      network: 'Tilework demo',
      log,
    });
    try {
      terminal.note(
        `coordinator at ${coordinator.url}; ${CONTRIBUTORS} headless contributors with ${browser.path}`,
      );
      const contributors = new Contributors(coordinator, context);
      try {
        return await submitAndCheck(
          coordinator,
          digits,
          contributors,
          { ...context, signal: contributors.signal },
          startedMs,
        );
      } finally {
        await contributors.stop();
      }
    } finally {
      await coordinator.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function submitAndCheck(
  coordinator: RunningCoordinator,
  digits: Digits,
  contributors: Contributors,
  context: Context,
  startedMs: number,
): Promise<DemoReport> {
  const { terminal, signal, clock } = context;
  const client = new TileworkClient(coordinator);
  // Both must be there before the work is: one alone could be done before the other has started.
  await contributors.ready();
  terminal.note('two contributors are ready; submitting 1,000 × 9,000 handwritten digits');
  const job = await followJob(client, await submitDigits(client, digits, { signal }), context);
  const answer = await client.result(job.id, { signal });
  const product = decodeProduct(new Uint8Array(await answer.arrayBuffer()));
  // The reference needs the cores that the contributors compute on.
  await contributors.stop();
  terminal.note('comparing with the CPU reference and checking every signature');
  const { peerId } = coordinator;
  return checkDemo({ client, job, product, digits, peerId, wallMs: () => clock.now() - startedMs });
}

/** The demo's own visitors. */
class Contributors {
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;
  readonly #ready: Promise<void>;
  /** Fires when the demo should give up: Ctrl-C, a contributor that cannot work, too much time. */
  readonly signal: AbortSignal;

  constructor(coordinator: RunningCoordinator, context: Context) {
    const { clock, env, terminal, debug } = context;
    const failed = new AbortController();
    const late = clock.after(DEMO_MS, () => {
      failed.abort(new AppError('timeout', `the demo is not done after ${DEMO_MS / 60_000} minutes`));
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
          if (waiting.size === CONTRIBUTORS) all.resolve();
        },
        onTrouble: (message) => {
          terminal.note(`[${tab}] ${message}`);
        },
      }).catch((error: unknown) => {
        failed.abort(toAppError(error));
      });
    this.#ended = Promise.all(Array.from({ length: CONTRIBUTORS }, (_, index) => run(index + 1))).finally(
      late,
    );
    const impatient = clock.after(READY_MS, () => {
      all.reject(new AppError('timeout', `the contributors are not ready after ${READY_MS / 1000} s`));
    });
    void this.#ready.then(impatient, impatient);
  }

  /** Resolves when all of them wait for work. */
  ready(): Promise<void> {
    return this.#ready;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new AppError('aborted', 'the demo is over'));
    await this.#ended;
  }
}
