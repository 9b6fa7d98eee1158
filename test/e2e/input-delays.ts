/** How long a person's clicks and keys wait for a page's own script: what a busy page makes them feel. */
import type { Page } from 'puppeteer-core';

interface Watched {
  /** Ends the watching. */
  delays(): number[];
}

/**
 * Milliseconds from the browser's time stamp of the event to the first listener (Event Timing's `processingStart -
 * startTime`), of `pairs` clicks and as many keys, while the page draws animation frames.
 */
export async function inputDelays(page: Page, pairs: number): Promise<number[]> {
  await page.bringToFront();
  await page.evaluate(() => {
    const delays: number[] = [];
    const done = new AbortController();
    const note = (event: Event): void => void delays.push(performance.now() - event.timeStamp);
    for (const type of ['pointerdown', 'keydown'])
      addEventListener(type, note, { capture: true, signal: done.signal });
    const draw = (): void => {
      if (!done.signal.aborted) requestAnimationFrame(draw);
    };
    draw();
    (globalThis as unknown as Watched).delays = () => {
      done.abort();
      return delays;
    };
  });
  for (let pair = 0; pair < pairs; pair++) {
    await page.mouse.click(3, 3);
    await page.keyboard.press('a');
  }
  return page.evaluate(() => (globalThis as unknown as Watched).delays());
}
