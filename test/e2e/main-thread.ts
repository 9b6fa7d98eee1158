/** What a page's own main thread does while it draws animation frames. Chromium only. */
import type { Page } from 'puppeteer-core';

const WINDOW_MS = 1000;

export interface MainThread {
  /** Processor time of the main thread's tasks over the time that passed, 0…1: waiting for a processor is not in it. */
  readonly share: number;
  /** Animation frames per second. */
  readonly frames: number;
}

export async function mainThreadShare(page: Page): Promise<MainThread> {
  const driver = await page.createCDPSession();
  await driver.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async (): Promise<number> => {
    const { metrics } = await driver.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
  };
  await page.bringToFront();
  const before = await busySeconds();
  const { frames, ms } = await page.evaluate(
    (windowMs) =>
      new Promise<{ frames: number; ms: number }>((resolve) => {
        const start = performance.now();
        let frames = 0;
        const draw = (): void => {
          frames += 1;
          const ms = performance.now() - start;
          if (ms < windowMs) requestAnimationFrame(draw);
          else resolve({ frames, ms });
        };
        requestAnimationFrame(draw);
      }),
    WINDOW_MS,
  );
  const share = (await busySeconds()) - before;
  await driver.detach();
  return { share: share / (ms / 1000), frames: Math.round(frames / (ms / 1000)) };
}
