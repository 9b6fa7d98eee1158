/** A visitor of a site that embeds the widget. */
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, ElementHandle, Frame, Page } from 'puppeteer-core';
import type { Stage } from '../../src/contributor/api.ts';
import type { TileworkEvents } from '../../src/widget/element.ts';
import type { WidgetState } from '../../src/widget/envelope.ts';

const PLACEHOLDER = 'tilework-contribute >>> button';
/** Set it to a folder to look at the pages that the tests see. */
export const SHOTS = process.env['TILEWORK_SHOTS'];

declare const axe: {
  run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
};
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export interface Heard {
  readonly type: keyof TileworkEvents;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

export class Guest {
  readonly page: Page;
  readonly #widget: string;
  /** What the console said, and uncaught errors. */
  readonly problems: string[] = [];

  /** @param widget - the widget's origin */
  constructor(page: Page, widget: string) {
    this.page = page;
    this.#widget = widget;
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warn') this.problems.push(message.text());
    });
  }

  static async arrive(browser: Browser, url: string, widget: string): Promise<Guest> {
    const guest = new Guest(await browser.newPage(), widget);
    await guest.page.goto(url, { waitUntil: 'networkidle0' });
    return guest;
  }

  async go(url: string): Promise<void> {
    await this.page.goto(url);
  }

  placeholders(): Promise<ElementHandle[]> {
    return this.page.$$(PLACEHOLDER);
  }

  /** Wants to know more, and is asked. */
  async open(): Promise<Frame> {
    await (await this.placeholders())[0]!.click();
    return this.asked();
  }

  async asked(): Promise<Frame> {
    const frame = await this.page.waitForFrame((each) => each.url().startsWith(this.#widget));
    await frame.waitForSelector('[data-testid="start"], [data-testid="stop"]');
    return frame;
  }

  frames(): Frame[] {
    return this.page.frames().filter((frame) => frame.url().startsWith(this.#widget));
  }

  heard(): Promise<Heard[]> {
    return this.page.evaluate(() => (globalThis as unknown as { heard: Heard[] }).heard);
  }

  async heardTypes(): Promise<string[]> {
    return (await this.heard()).map(({ type }) => type).filter((type) => type !== 'progress');
  }

  async picture(name: string): Promise<void> {
    if (!SHOTS) return;
    await mkdir(SHOTS, { recursive: true });
    for (const theme of ['light', 'dark', 'auto'] as const) {
      await this.page.$$eval(
        'tilework-contribute',
        (all, theme) => {
          document.documentElement.style.colorScheme = theme === 'auto' ? '' : theme;
          for (const element of all) element.theme = theme;
        },
        theme,
      );
      // The frame hears of it by a message.
      for (const frame of this.frames())
        await frame.waitForSelector(`:root[data-theme=${theme === 'dark' ? 'dark' : 'light'}]`);
      if (theme !== 'auto') await this.page.screenshot({ path: `${SHOTS}/${name}-${theme}.png` });
    }
  }
}

/** Presses it once clicks count. */
export async function pressStart(frame: Frame): Promise<void> {
  await frame.waitForSelector('[data-testid="start"][aria-disabled="false"]');
  await frame.click('[data-testid="start"]');
}

export async function phase(frame: Frame, ...phases: readonly WidgetState[]): Promise<void> {
  await frame.waitForSelector(phases.map((each) => `tilework-embed[data-phase="${each}"]`).join(','), {
    timeout: 20_000,
  });
}

/** Of the shard that its contributor is at. */
export const stageOf = (frame: Frame): Promise<Stage | undefined> =>
  frame.$eval('tilework-embed', (element) => element.state?.status.stage);

export async function stage(frame: Frame, wanted: Stage): Promise<void> {
  await frame.waitForFunction(
    (name) => document.querySelector('tilework-embed')?.state?.status.stage === name,
    // Not by animation frames, as is usual: a page behind another one draws none.
    { timeout: 20_000, polling: 50 },
    wanted,
  );
}

export const dataOf = (frame: Frame, name: string): Promise<string | undefined> =>
  frame.$eval('tilework-embed', (element, name) => element.dataset[name], name);

/** Posts these to the frame from the page around it; resolves when the frame's own code has heard them all. */
export async function postFromHost(frame: Frame, messages: readonly object[]): Promise<void> {
  await frame.evaluate((count) => {
    let heard = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Later than the frame's own listener, so it is called after that.
    addEventListener('message', () => {
      heard += 1;
      if (heard === count) setTimeout(resolve);
    });
    Object.assign(globalThis, { heardAll: promise });
  }, messages.length);
  const holder = await frame.frameElement();
  await holder!.evaluate((element, all) => {
    for (const message of all) element.contentWindow!.postMessage(message, '*');
  }, messages);
  await frame.evaluate(() => (globalThis as unknown as { heardAll: Promise<void> }).heardAll);
}

/** Takes away the element that a frame belongs to. */
export async function removeElementOf(frame: Frame): Promise<void> {
  const holder = await frame.frameElement();
  await holder!.evaluate((element) => (element.getRootNode() as ShadowRoot).host.remove());
}

/** What axe finds in the frame against WCAG 2.2 AA. */
export async function barriers(frame: Frame): Promise<string[]> {
  await frame.evaluate(await readFile(AXE, 'utf8'));
  return frame.evaluate(async () => {
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run({ runOnly });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
