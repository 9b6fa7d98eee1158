import { launchBrowser } from '../helpers/browser.ts';
import { serveModule } from '../helpers/page-bundle.ts';
import { libp2pFixture } from './wire-fixture.ts';
import type { FarEnd } from './wire-far.ts';
import type { Call } from './wire-worker.ts';
import { describeWire } from './wire.ts';

type Page = typeof import('./wire-page.ts');
declare const ready: Promise<Page>;

describeWire('WebSocket into a Chromium worker', async () => {
  const served = await serveModule('test/contract/wire-page.ts');
  const browser = await launchBrowser('chromium');
  const page = await browser.newPage();
  await page.goto(served.url);
  const call = (end: number, method: Call['method'], ...args: unknown[]): Promise<unknown> =>
    page.evaluate(async (end, method, args) => (await ready).call(end, method, args), end, method, args);
  let ends = 0;
  const fixture = await libp2pFixture({
    listen: ['/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/tcp/0/ws'],
    async dialFar(address) {
      const end = ++ends;
      await call(end, 'dial', address);
      const far: Record<keyof FarEnd, (...args: unknown[]) => Promise<unknown>> = {
        fetchAll: (...args) => call(end, 'fetchAll', ...args),
        beginFetch: (...args) => call(end, 'beginFetch', ...args),
        abortFetch: (...args) => call(end, 'abortFetch', ...args),
        outcome: (...args) => call(end, 'outcome', ...args),
        sendNumbers: (...args) => call(end, 'sendNumbers', ...args),
        receiveNumbers: (...args) => call(end, 'receiveNumbers', ...args),
        close: () => call(end, 'close'),
        closed: () => call(end, 'closed'),
      };
      return far as unknown as FarEnd;
    },
  });
  return {
    ...fixture,
    async close() {
      await browser.close();
      await fixture.close();
      await served.close();
    },
  };
});
