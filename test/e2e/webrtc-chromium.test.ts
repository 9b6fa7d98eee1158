/** The page over webrtc-direct: asked for, fallen back to, and not allowed. */
import { type Browser, launch } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { chromiumFlags, findBrowser } from '../../src/cli/browser.ts';
import { isWebRtcDirect } from '../../src/net/webrtc-address.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';
import { ended, product, result, submit } from '../helpers/product.ts';
import { present } from './page-flow.ts';
import { PAGE_DIR, Visitor } from './visitor.ts';

const NOTICE = '[data-testid="notice"]';

describe('webrtc-direct', { timeout: 60_000 }, () => {
  let browser: Browser;
  let coordinator: TestCoordinator;
  let visitor: Visitor | undefined;

  beforeAll(async () => {
    coordinator = await testCoordinator({ pageDir: PAGE_DIR, webRtcPort: 0 });
    browser = await launchBrowser('chromium');
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await coordinator?.remove();
  });
  afterEach(async () => {
    await visitor?.page.close();
    visitor = undefined;
    await vi.waitUntil(async () => (await present(coordinator)) === 0, { timeout: 5_000 });
  });

  const arrive = async (search: string): Promise<Visitor> => {
    visitor = await Visitor.arrive(browser, `${coordinator.url}/?software=allow${search}`);
    await visitor.click();
    return visitor;
  };
  /** Resolves to the number of shards that it took. */
  const compute = async (): Promise<number> => {
    const wanted = product('i8', 300, 270, 1111);
    const job = await submit(coordinator, wanted);
    const done = await ended(coordinator, job.id);
    expect(done).toMatchObject({ state: 'done', cellsVerified: 4 });
    expect(await result(coordinator, job.id)).toEqual(wanted.expected);
    return done.shards;
  };

  it('carries a whole product when the address asks for it, and the page says so; Stop ends it', async () => {
    const page = await arrive('&transport=webrtc-direct');
    await page.stage('waiting');
    // The session is on the page; the GPU is not.
    await expect.poll(() => page.page.workers().length).toBe(1);
    expect(await page.data('transport')).toBe('webrtc-direct');
    expect(await page.text(NOTICE)).toMatch(/^Connected over WebRTC\. This is slower than the usual way/);
    await page.picture('webrtc');
    await page.shards(await compute());
    expect(await page.complaints(coordinator)).toEqual([]);
    await page.click();
    await page.stage('stopped');
    await expect.poll(() => present(coordinator)).toBe(0);
    expect(await page.data('transport')).toBeUndefined();
  });

  it('is found where no WebSocket leads to the coordinator, also after its restart', async () => {
    const direct = coordinator.peerAddresses.find(isWebRtcDirect)!;
    const { dataDir } = coordinator;
    await coordinator.close();
    coordinator = await testCoordinator({ pageDir: PAGE_DIR, webRtcPort: 0, dataDir });
    const again = coordinator.peerAddresses.find(isWebRtcDirect)!;
    const known = direct.replace(/udp\/\d+/, /udp\/\d+/.exec(again)![0]);
    expect(again).toBe(known);
    const dead = coordinator.peerAddresses[0]!.replace(/tcp\/\d+/, 'tcp/1');
    const page = await arrive([dead, known].map((a) => `&coordinator=${encodeURIComponent(a)}`).join(''));
    // This site's rules do not name the dead one, and the browser says so: the page turns to the other at once.
    await page.stage('waiting');
    expect(await page.data('transport')).toBe('webrtc-direct');
    await compute();
  });

  it('says so at once where the browser does not allow it', async () => {
    const { path } = findBrowser(process.env, 'chromium');
    const strict = await launch({
      executablePath: path,
      pipe: true,
      args: [...chromiumFlags(true), '--force-fieldtrials=WebRTC-NoSdpMangleUfrag/Enabled/'],
    });
    try {
      const page = await Visitor.arrive(strict, `${coordinator.url}/?software=allow&transport=webrtc-direct`);
      await page.click();
      await page.stage('failed');
      expect(await page.data('problem')).toBe('forbidden');
      expect(await page.text('.panel')).toContain('This browser does not allow the connection');
      expect(await page.text(NOTICE)).toContain('Another browser may');
      await page.picture('webrtc-forbidden');
      // The browser tells of a worker’s end in its own time.
      await expect.poll(() => page.page.workers().length).toBe(0);
    } finally {
      await strict.close();
    }
  });
});
