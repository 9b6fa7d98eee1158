/** A person in front of the built page, and everything that their browser then does. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import type { Stage } from '../../src/contributor/api.ts';

export const PAGE_DIR = resolve(import.meta.dirname, '../../dist');
const TOGGLE = '[data-testid="toggle"]';
/** Set it to a folder to look at the pages that the tests see. */
const SHOTS = process.env['TILEWORK_SHOTS'];

interface Seen {
  readonly workers: number;
  readonly adapters: number;
  readonly violations: readonly string[];
}

export class Visitor {
  readonly page: Page;
  /** Complaints of the console, of the page and of its workers, and uncaught errors. */
  readonly problems: string[] = [];
  /** Addresses of everything asked for, by the page and, where the browser tells, by its workers. */
  readonly requests: string[] = [];

  /** `devTools`: only Chromium's driver lets a worker's own network be watched. */
  private constructor(page: Page, devTools: boolean) {
    this.page = page;
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      const type = message.type();
      if (type === 'error' || type === 'warn') this.problems.push(`${type}: ${message.text()}`);
    });
    page.on('workercreated', (worker) => {
      worker.on('error', (error) => this.problems.push(String(error)));
      if (!devTools) return;
      const { client } = worker;
      client.on('Network.webSocketCreated', ({ url }) => this.requests.push(url));
      client.on('Network.requestWillBeSent', ({ request }) => this.requests.push(request.url));
      client.send('Network.enable').catch(() => {}); // the worker may have ended by then
    });
  }

  /** Opens the page and waits until it asks for nothing more but the live figures, whose connection stays. */
  static async arrive(browser: Browser, url: string, { webgpu = true } = {}): Promise<Visitor> {
    const page = await browser.newPage();
    const visitor = new Visitor(page, (await browser.version()).startsWith('Chrom'));
    await page.evaluateOnNewDocument(countWhatRuns);
    if (!webgpu) await page.evaluateOnNewDocument(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
    await page.goto(url, { waitUntil: 'networkidle2' });
    await page.waitForSelector(TOGGLE);
    return visitor;
  }

  /** What the page's own scripts have set going so far. */
  seen(): Promise<Seen> {
    return this.page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
  }

  async click(): Promise<void> {
    // A tab behind another one gets no clicks.
    await this.page.bringToFront();
    await this.page.click(TOGGLE);
  }

  /** As somebody without a mouse does it. */
  async pressEnter(): Promise<void> {
    await this.page.focus(TOGGLE);
    await this.page.keyboard.press('Enter');
  }

  async stage(...stages: readonly Stage[]): Promise<void> {
    await this.page.waitForSelector(stages.map((s) => `tilework-page[data-stage="${s}"]`).join(','), {
      timeout: 30_000,
    });
  }

  async problem(code: string): Promise<void> {
    await this.page.waitForSelector(`tilework-page[data-problem="${code}"]`, { timeout: 30_000 });
  }

  data(name: string): Promise<string | undefined> {
    return this.page.$eval('tilework-page', (element, name) => element.dataset[name], name);
  }

  /** Visible text, with single spaces. */
  text(selector: string): Promise<string> {
    return this.page.$eval(selector, (element) =>
      (element as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim(),
    );
  }

  peerId(): Promise<string> {
    return this.page.$eval('[data-testid="peer"]', (element) => (element as HTMLElement).title);
  }

  /** Waits until the page shows this many verified shards. */
  async shards(count: number): Promise<void> {
    await this.page.waitForSelector(`tilework-page[data-shards="${count}"]`, { timeout: 30_000 });
  }

  /** The network is back, says the browser: no need to sit out a wait. */
  async comeOnline(): Promise<void> {
    await this.page.evaluate(() => dispatchEvent(new Event('online')));
  }

  async picture(name: string): Promise<void> {
    if (!SHOTS) return;
    await mkdir(SHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  }

  /** What a visitor could object to: errors in the console, and requests to anybody but the coordinator. */
  async complaints(coordinator: {
    readonly url: string;
    readonly peerAddresses: readonly string[];
  }): Promise<string[]> {
    const ports = coordinator.peerAddresses.map((address) => /tcp\/(\d+)/.exec(address)?.[1]);
    const own = [new URL(coordinator.url).host, ...ports.map((port) => `127.0.0.1:${port}`)];
    // Firefox draws its own widgets from data: addresses, which ask nobody.
    const asked = this.requests.filter((url) => !url.startsWith('data:'));
    const strangers = asked.filter((url) => !own.includes(new URL(url).host));
    const { violations } = await this.seen();
    return [...this.problems, ...violations, ...strangers];
  }
}

/** Runs in the page before its own scripts. */
function countWhatRuns(): void {
  const seen = { workers: 0, adapters: 0, violations: [] as string[] };
  Object.defineProperty(globalThis, 'seen', { value: seen });
  document.addEventListener('securitypolicyviolation', (event) => {
    seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
  });
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      seen.workers += 1;
    }
  };
  const gpu = (navigator as Partial<Navigator>).gpu;
  if (!gpu) return;
  const ask = gpu.requestAdapter.bind(gpu);
  Object.defineProperty(gpu, 'requestAdapter', {
    value: (options?: GPURequestAdapterOptions) => {
      seen.adapters += 1;
      return ask(options);
    },
  });
}
