/** What the widget takes from the page around it: its main thread, and how long clicks and keys wait. Chromium only. */
import type { Frame, Page } from 'puppeteer-core';
import { expect } from 'vitest';
import type { TestCoordinator } from '../helpers/network.ts';
import { api, type Product, submitStored, upload } from '../helpers/product.ts';
import { stage, stageOf } from './guest.ts';
import { inputDelays } from './input-delays.ts';
import { mainThreadShare } from './main-thread.ts';

const ROUNDS = 5;
/** In a round: clicks, and as many keys. */
const PAIRS = 15;
/** More than can be computed in a round: a quick machine does one in a second. */
const JOBS = 6;

export interface Burden {
  /** Of the main thread's time, median of the rounds; see main-thread.ts. */
  readonly share: number;
  readonly frames: number;
  /** Clicks and keys, and how long they waited: half of them, and all but a twentieth, no longer than this. */
  readonly inputs: number;
  readonly medianMs: number;
  readonly latestMs: number;
}

/**
 * In turns, so that what else this machine does is in both. Clicks and keys: of the host's page, while its frame has no
 * work and while it computes. The main thread: of a page of the same host without a frame and of the one with it, both
 * while that one computes, because a software adapter takes the processors from every page alike.
 */
export async function measureInTurns(
  page: Page,
  frame: Frame,
  bare: Page,
  coordinator: TestCoordinator,
  work: Product,
): Promise<[without: Burden, computing: Burden]> {
  const [without, computing] = [new Rounds(), new Rounds()];
  const [a, b] = [(await upload(coordinator, work.a)).id, (await upload(coordinator, work.b)).id];
  for (let round = 0; round < ROUNDS; round++) {
    await stage(frame, 'waiting');
    await without.input(page);
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, () => submitStored(coordinator, { a, b, project: 'digits' })),
    );
    await stage(frame, 'computing');
    await computing.input(page);
    await computing.thread(page);
    await without.thread(bare);
    // It did not run out of work meanwhile.
    expect(await stageOf(frame)).not.toBe('waiting');
    for (const { id } of jobs) await api(coordinator, `/v1/jobs/${id}`, { method: 'DELETE' }).catch(() => {});
  }
  await page.bringToFront();
  return [without.burden, computing.burden];
}

class Rounds {
  readonly #shares: number[] = [];
  readonly #frames: number[] = [];
  readonly #delays: number[] = [];

  async input(page: Page): Promise<void> {
    this.#delays.push(...(await inputDelays(page, PAIRS)));
  }

  async thread(page: Page): Promise<void> {
    const { share, frames } = await mainThreadShare(page);
    this.#shares.push(share);
    this.#frames.push(frames);
  }

  get burden(): Burden {
    return {
      share: quantile(this.#shares, 0.5),
      frames: quantile(this.#frames, 0.5),
      inputs: this.#delays.length,
      medianMs: quantile(this.#delays, 0.5),
      latestMs: quantile(this.#delays, 0.95),
    };
  }
}

export const shownBurden = ({ share, frames, inputs, medianMs, latestMs }: Burden): string =>
  `${(100 * share).toFixed(2)} % of the host's main thread, ${frames} frames a second, ` +
  `${inputs} clicks and keys waited ${medianMs.toFixed(1)} ms (median; 95 % up to ${latestMs.toFixed(1)} ms)`;

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
