/** What goes wrong around a visitor, and what the page then says and does. */
import type { Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import type { JobView } from '../../src/core/v1.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { freePort } from '../helpers/free-port.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';
import { api, ended, product, result, submit } from '../helpers/product.ts';
import { present } from './page-flow.ts';
import { PAGE_DIR, Visitor } from './visitor.ts';

const STATUS = '[data-testid="status"]';
const NOTICE = '[data-testid="notice"]';

export function describeTroubles(kind: BrowserKind): void {
  describe(`trouble in ${kind}`, { timeout: 60_000 }, () => {
    let browser: Browser;
    let coordinator: TestCoordinator;
    const visitors: Visitor[] = [];
    const others: TestContributor[] = [];

    beforeAll(async () => {
      coordinator = await testCoordinator({ pageDir: PAGE_DIR });
      browser = await launchBrowser(kind);
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await coordinator?.remove();
    });
    afterEach(async () => {
      const open = visitors.splice(0).filter(({ page }) => !page.isClosed());
      await Promise.all(open.map(({ page }) => page.close()));
      await Promise.all(others.splice(0).map((other) => other.stop()));
      await vi.waitUntil(async () => (await present(coordinator)) === 0, { timeout: 5_000 });
    });

    const arrive = async (search = '?software=allow', options = {}): Promise<Visitor> => {
      const visitor = await Visitor.arrive(browser, `${coordinator.url}/${search}`, options);
      visitors.push(visitor);
      return visitor;
    };
    /** A coordinator at the same addresses: the one that was there, or (without `dataDir`) somebody else. */
    const atSameAddress = (dataDir?: string): Promise<TestCoordinator> => {
      const port = Number(new URL(coordinator.url).port);
      const peerPort = Number(/tcp\/(\d+)/.exec(coordinator.peerAddresses[0]!)![1]);
      const pageDir = PAGE_DIR;
      return testCoordinator({ pageDir, port, peerPort, ...(dataDir && { dataDir }) });
    };
    /** The visitor's browser keeps saying that the network is back until the page has noticed. */
    const comeBack = async (visitor: Visitor, look: () => Promise<boolean>): Promise<void> => {
      await expect
        .poll(
          async () => {
            await visitor.comeOnline();
            return look();
          },
          { timeout: 20_000 },
        )
        .toBe(true);
    };

    // In a way of its own no browser does that: one is enough.
    it.runIf(kind === 'chromium')(
      'a tab closed in mid-shard: somebody else ends the job, and everything is credited once',
      async () => {
        const visitor = await arrive();
        await visitor.click();
        await visitor.stage('waiting');
        const wanted = product('i8', 300, 300, 9000);
        const job = await submit(coordinator, wanted);
        await visitor.stage('computing');
        await visitor.page.close();
        await expect.poll(() => present(coordinator)).toBe(0);
        expect((await api<JobView>(coordinator, `/v1/jobs/${job.id}`)).state).toBe('running');
        others.push(await testContributor(coordinator.peerAddresses));
        const done = await ended(coordinator, job.id);
        expect(done.state).toBe('done');
        expect(await result(coordinator, job.id)).toEqual(wanted.expected);
        const { contributions } = done;
        expect(contributions.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)).toBe(300 * 300 * 9000);
        expect(contributions.reduce((sum, { shards }) => sum + shards, 0)).toBe(done.shards);
      },
    );

    it('a coordinator that goes and comes back: the page says so, waits, and goes on by itself', async () => {
      const visitor = await arrive();
      await visitor.click();
      await visitor.stage('waiting');
      await coordinator.close();
      await visitor.problem('unreachable');
      expect(await visitor.text(STATUS)).toMatch(
        /^Cannot reach the coordinator; trying again in \d+ (seconds?|minutes?)\.$/,
      );
      expect(await visitor.text(NOTICE)).toContain('This page keeps trying');
      await visitor.picture('trouble-unreachable');
      coordinator = await atSameAddress(coordinator.dataDir);
      await comeBack(visitor, async () => (await visitor.data('stage')) === 'waiting');
      expect(await visitor.data('problem')).toBeUndefined();
      const wanted = product('i8', 40, 30, 100);
      const job = await submit(coordinator, wanted);
      await ended(coordinator, job.id);
      expect(await result(coordinator, job.id)).toEqual(wanted.expected);
      await visitor.shards(1);
    });

    // In a way of its own no browser does that: one is enough.
    it.runIf(kind === 'chromium')(
      'another coordinator at the same address is refused, and the page says so',
      async () => {
        const visitor = await arrive();
        await visitor.click();
        await visitor.stage('waiting');
        await coordinator.close();
        await visitor.problem('unreachable');
        const impostor = await atSameAddress();
        try {
          expect(impostor.peerId).not.toBe(coordinator.peerId);
          await comeBack(visitor, async () => (await visitor.data('problem')) === 'wrong-peer');
          expect(await visitor.text(STATUS)).toContain(
            'has another identity than this page expects; trying again',
          );
          expect(await visitor.text(NOTICE)).toMatch(/not the coordinator that the page names.*keeps trying/);
          expect(await present(impostor)).toBe(0);
          await visitor.picture('trouble-wrong-peer');
        } finally {
          await impostor.remove();
        }
        coordinator = await atSameAddress(coordinator.dataDir);
        await comeBack(visitor, async () => (await visitor.data('stage')) === 'waiting');
      },
    );

    it('a coordinator that the site’s own rules do not name: says so, and does not go on trying', async () => {
      const elsewhere = `/ip4/127.0.0.1/tcp/${await freePort()}/ws/p2p/${coordinator.peerId}`;
      const visitor = await arrive(`?software=allow&coordinator=${elsewhere}`);
      await visitor.click();
      await visitor.stage('failed');
      expect(await visitor.data('problem')).toBe('forbidden');
      await expect
        .poll(() => visitor.text(NOTICE))
        .toMatch(/rules of this site forbid.*content security policy.*connect-src/);
      await visitor.picture('trouble-rules');
      await expect.poll(() => visitor.page.workers().length).toBe(0);
    });

    // In a way of its own no browser does that: one is enough.
    it.runIf(kind === 'chromium')(
      'something that lets no WebSocket through: says what that may be, and keeps trying',
      async () => {
        const announce = [`/ip4/127.0.0.1/tcp/${await freePort()}/ws`];
        const walled = await testCoordinator({ pageDir: PAGE_DIR, announce });
        try {
          const visitor = await Visitor.arrive(browser, `${walled.url}/?software=allow`);
          visitors.push(visitor);
          await visitor.click();
          await visitor.problem('unreachable');
          await expect
            .poll(() => visitor.text(NOTICE))
            .toMatch(/no WebSocket through.*proxy.*another network.*keeps trying/);
          await visitor.picture('trouble-no-socket');
        } finally {
          await walled.remove();
        }
      },
    );

    // In a way of its own no browser does that: one is enough.
    it.runIf(kind === 'chromium')(
      'a software adapter is declined with thanks, unless the address allows it',
      async () => {
        // A machine that runs tests is busy, for which a page would wait before it looks at the GPU.
        const visitor = await arrive('?heat=off');
        await visitor.click();
        await visitor.stage('failed');
        expect(await visitor.data('problem')).toBe('software-adapter');
        expect(await visitor.text('.panel')).toContain('Thank you for offering');
        await visitor.picture('trouble-software');
        await expect.poll(() => visitor.page.workers().length).toBe(0);
        expect(await present(coordinator)).toBe(0);
      },
    );

    // In a way of its own no browser does that: one is enough.
    it.runIf(kind === 'chromium')(
      'a browser without WebGPU is told which ones have it, and nothing starts',
      async () => {
        const visitor = await arrive('?software=allow', { webgpu: false });
        expect(await visitor.data('problem')).toBe('no-webgpu');
        expect(await visitor.text(NOTICE)).toMatch(/Chrome or Edge 113.*Safari 26.*Firefox 141/);
        await visitor.picture('trouble-no-webgpu');
        await visitor.click();
        await visitor.pressEnter();
        expect(await visitor.data('stage')).toBe('stopped');
        expect(await visitor.seen()).toEqual({ workers: 0, adapters: 0, violations: [] });
        expect(await visitor.complaints(coordinator)).toEqual([]);
      },
    );

    it('a second tab of the same profile shows the first one’s numbers, and takes over when told to', async () => {
      const first = await arrive();
      await first.click();
      await first.stage('waiting');
      const peerId = await first.peerId();
      const second = await arrive();
      await second.page.waitForSelector('tilework-page[data-leader="waiting"]');
      expect(await second.text('.panel')).toContain('Another tab of this browser is contributing');
      expect(await second.text('[data-testid="toggle"]')).toBe('Contribute here instead');
      expect(await second.peerId()).toBe(peerId);
      expect(await second.seen()).toMatchObject({ workers: 0 });
      await second.page.bringToFront();
      await second.page.click('[data-testid="pause"]');
      await first.page.waitForSelector('tilework-page[data-badge="paused"]');
      await second.page.click('[data-testid="pause"]');
      await first.page.waitForSelector('tilework-page:not([data-badge="paused"])');
      await second.picture('trouble-two-tabs');
      await second.click();
      await first.stage('stopped');
      await second.stage('waiting');
      await first.page.waitForSelector('tilework-page[data-leader]');
      expect(await second.peerId()).toBe(peerId);
      expect(await present(coordinator)).toBe(1);
      const wanted = product('i8', 40, 30, 100);
      const job = await submit(coordinator, wanted);
      await ended(coordinator, job.id);
      await second.shards(1);
      expect(await first.data('shards')).toBe('0');
      // A tab that is closed without a word gives its place to the one whose visitor waits.
      await first.click();
      await second.page.close();
      await first.stage('waiting');
    });
  });
}
