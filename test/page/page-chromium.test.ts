import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openPage, TOGGLE } from './page-harness.ts';
import type { Told } from './scripted-page.ts';

const PEER = '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f';

const WORKING: Told = {
  peerId: PEER,
  network: 'tilework.example',
  project: 'Handwritten digits',
  adapter: 'Apple M3 (metal-3)',
  kernel: 'i8 packed 64×64',
  shardsVerified: 17,
  multiplyAddsVerified: 3.43e12,
  rate: 412e9,
  microcredits: 3_430_000,
  balanceMicrocredits: 127_904_512,
  bytesDown: 93_400_000,
  bytesUp: 18_200_000,
  receipts: 17,
};

let tab: Harness;
beforeAll(async () => {
  tab = await openPage();
}, 90_000);
afterAll(async () => {
  await tab?.close();
});

describe('the page in Chromium', () => {
  it('invites a first visitor, says what will happen, and does nothing by itself', async () => {
    await tab.mount();
    expect(await tab.text(TOGGLE)).toBe('Start');
    expect(await tab.text('.panel')).toContain('Nothing runs until you press Start.');
    expect(await tab.text('.promise')).toContain('up to 512 MiB of GPU memory');
    expect(await tab.data('stage')).toBe('stopped');
    expect(await tab.data('problem')).toBeUndefined();
    expect(await tab.calls()).toMatchObject({ starts: [], stops: 0, cleared: 0 });
    await tab.inspect('01-first-visit');
  });

  it('starts on a person’s click only, never on one made by a script', async () => {
    await tab.mount();
    await tab.page.$eval(TOGGLE, (button) => {
      (button as HTMLButtonElement).click();
      button.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    });
    expect(await tab.data('stage')).toBe('stopped');
    expect((await tab.calls()).starts).toEqual([]);
    await tab.pressStart();
    expect((await tab.calls()).starts).toMatchObject([
      { allowSoftware: false, memoryBytes: 512 * 1024 * 1024 },
    ]);
  });

  it.each(['Space', 'Enter'] as const)('is started and stopped with %s, and shows the focus', async (key) => {
    await tab.mount();
    await tab.page.focus(TOGGLE);
    await tab.page.keyboard.press('Tab');
    await tab.page.keyboard.down('Shift');
    await tab.page.keyboard.press('Tab');
    await tab.page.keyboard.up('Shift');
    const outline = await tab.page.$eval(TOGGLE, (button) => getComputedStyle(button).outlineStyle);
    expect(outline).toBe('solid');
    await tab.page.keyboard.press(key);
    await tab.page.waitForSelector('tilework-page[data-stage="connecting"]');
    expect(await tab.text(TOGGLE)).toBe('Stop');
    await tab.page.keyboard.press(key);
    await tab.page.waitForSelector('tilework-page[data-stage="stopped"]');
    expect(await tab.text(TOGGLE)).toBe('Start again');
    expect(await tab.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('toggle');
  });

  it('passes the flags of its address on, and shows a coordinator that the address chose', async () => {
    await tab.mount({
      search: '?software=allow&memory=128&coordinator=/dns4/dev.example/tcp/443/wss/p2p/12D3KooWDev',
    });
    expect(await tab.text('[data-testid="development"]')).toContain(
      '/dns4/dev.example/tcp/443/wss/p2p/12D3KooWDev',
    );
    expect(await tab.text('.promise')).toContain('up to 128 MiB');
    await tab.inspect('02-development-address');
    await tab.pressStart();
    expect((await tab.calls()).starts).toMatchObject([
      { allowSoftware: true, memoryBytes: 128 * 1024 * 1024 },
    ]);
  });

  it('marks each stage of a shard and says it in a sentence', async () => {
    await tab.mount();
    await tab.pressStart();
    const seen: string[] = [];
    for (const stage of [
      'testing',
      'connecting',
      'waiting',
      'downloading',
      'computing',
      'uploading',
      'verified',
    ] as const) {
      await tab.say({ ...WORKING, stage, progress: 0.43 });
      expect(await tab.data('stage')).toBe(stage);
      seen.push(`${await tab.text('[aria-current="step"] .stage-label')}: ${await tab.text('.now')}`);
      await tab.inspect(`03-${stage}`);
    }
    expect(seen).toEqual([
      'Test GPU: Testing your GPU with products whose answers are known.',
      'Connect: Connecting to the coordinator.',
      'Wait: Connected; nothing to compute at the moment. You can leave this open.',
      'Download: Downloading the numbers of a shard for “Handwritten digits”. 43%',
      'Compute: Computing a shard for “Handwritten digits”. 43%',
      'Upload: Uploading the result for “Handwritten digits”. 43%',
      'Verified: Verified. Thank you.',
    ]);
    expect(await tab.data('shards')).toBe('17');
    expect(await tab.data('microcredits')).toBe('3430000');
    expect(await tab.text('.count')).toBe('17 shards verified');
    expect(await tab.text('.stats')).toBe(
      'GPU speed 824 GFLOP/s Verified, last hour – Verified work 6.86 TFLOP Credit 3.43 128 in all Receipts 17 Of what is possible – by your link and GPU Data moved 106 MiB 89.1 MiB in 17.4 MiB out',
    );
    expect(await tab.text('.facts')).toContain('12D3KooW…h9Qx2f');
  });

  it('tells a screen reader about phases and round numbers, not about every stage', async () => {
    await tab.mount();
    await tab.pressStart();
    const heard: string[] = [];
    for (const shardsVerified of [0, 1, 2, 3, 4, 5]) {
      for (const stage of ['downloading', 'computing', 'uploading'] as const) {
        await tab.say({ stage, shardsVerified });
        const now = await tab.text('[role="status"]');
        if (heard.at(-1) !== now) heard.push(now);
      }
    }
    expect(heard).toEqual(['Working.', 'Working. 1 shard verified.', 'Working. 5 shards verified.']);
  });

  it('copies the contributor’s id', async () => {
    await tab.browser.defaultBrowserContext().setPermission(tab.url, {
      permission: { name: 'clipboard-write' },
      state: 'granted',
    });
    await tab.mount();
    await tab.pressStart();
    await tab.say({ ...WORKING, stage: 'waiting' });
    await tab.page.click('[data-testid="copy"]');
    await expect.poll(() => tab.text('[data-testid="copy"]')).toBe('Copied');
  });

  it('says when it tries an unreachable coordinator again, and Stop ends the trying', async () => {
    await tab.mount({ configError: 'unreachable' });
    await tab.page.click(TOGGLE);
    await tab.page.waitForSelector('tilework-page[data-problem="unreachable"]');
    expect(await tab.text('[data-testid="status"]')).toMatch(
      /^Cannot reach the coordinator; trying again in \d+ seconds?\.$/,
    );
    expect(await tab.text('[data-testid="notice"]')).toContain('keeps trying');
    expect(await tab.text(TOGGLE)).toBe('Stop');
    await tab.inspect('04-unreachable');
    await tab.page.click(TOGGLE);
    await tab.page.waitForSelector('tilework-page[data-stage="stopped"]:not([data-problem])');
    expect((await tab.calls()).starts).toEqual([]);
  });

  it.each([
    ['software-adapter', 'No real GPU was found.', 'graphics acceleration'],
    ['unsupported-key', 'This browser lacks the signatures that Tilework needs.', 'not private'],
    ['locked', 'Another tab is already contributing.', 'Use that tab'],
    ['gpu-lost', 'The GPU went away.', 'What the program said: device lost'],
    ['wrong-peer', 'This is not the coordinator that the page names.', 'device lost'],
  ] as const)('explains %s and offers to try again', async (code, title, advice) => {
    await tab.mount();
    await tab.pressStart();
    await tab.say({ stage: 'failed', problem: { code, message: 'device lost' } });
    expect(await tab.data('problem')).toBe(code);
    expect(await tab.text('[data-testid="status"]')).toBe(title);
    expect(await tab.text('[data-testid="notice"]')).toContain(advice);
    expect(await tab.text(TOGGLE)).toBe('Try again');
    await tab.inspect(`05-failed-${code}`);
    await tab.page.click(TOGGLE);
    await expect.poll(async () => (await tab.calls()).starts.length).toBe(2);
    expect(await tab.text(TOGGLE)).toBe('Stop');
    expect(await tab.data('problem')).toBeUndefined();
  });

  it.each([
    ['no-webgpu', { secureContext: true, webgpu: false, workers: true }, 'Firefox 141 and newer on Windows'],
    ['insecure', { secureContext: false, webgpu: false, workers: true }, 'needs https'],
  ] as const)('says before the click that this browser cannot: %s', async (problem, traits, words) => {
    await tab.mount({ traits });
    expect(await tab.data('problem')).toBe(problem);
    expect(await tab.text('[data-testid="notice"]')).toContain(words);
    expect(await tab.page.$eval(TOGGLE, (button) => button.getAttribute('aria-disabled'))).toBe('true');
    await tab.page.click(TOGGLE);
    expect(await tab.data('stage')).toBe('stopped');
    expect((await tab.calls()).starts).toEqual([]);
    expect(await tab.page.$('[data-section="controls"]')).toBeNull();
    await tab.inspect(`06-${problem}`);
  });

  it.each([
    [
      'en',
      /clock is wrong.*by 3 hours/,
      /No room on this disk.*Free some space/,
      /different versions.*Reload/,
    ],
    [
      'de',
      /Uhr dieses Geräts geht falsch.*um 3 Stunden/,
      /kein Platz.*Schaffen Sie/,
      /Version.*Laden Sie die Seite neu/,
    ],
  ] as const)(
    'says what to do about a clock, a disk and a coordinator that do not fit, in %s',
    async (language, clock, disk, version) => {
      await tab.mount({ language });
      await tab.pressStart();
      await tab.page.$eval('tilework-page', (page) => (page.clockOffMs = -3 * 3_600_000));
      await tab.say({ ...WORKING, stage: 'computing', disk: { usedBytes: 0, budgetBytes: 0 } });
      const said = (): Promise<string[]> =>
        tab.page.$$eval('[data-testid="notice"]', (all) => all.map((each) => each.textContent));
      expect(await said()).toEqual([expect.stringMatching(disk), expect.stringMatching(clock)]);
      await tab.say({
        stage: 'connecting',
        problem: { code: 'not-found', message: 'none of the protocols' },
      });
      expect((await said())[0]).toMatch(version);
      await tab.inspect(`15-misfits-${language}`, true);
    },
  );

  it('shows a rejected shard without blame', async () => {
    await tab.mount();
    await tab.pressStart();
    await tab.say({ ...WORKING, stage: 'computing', progress: 0.7, shardsRejected: 1 });
    expect(await tab.text('[data-testid="notice"]')).toContain('One shard was not accepted');
    await tab.inspect('07-rejected');
  });

  it('counts its receipts in the public log', async () => {
    await tab.mount();
    await tab.pressStart();
    const log = { receipts: 17, checked: 12, size: 4_301, problem: undefined };
    await tab.say({ ...WORKING, stage: 'computing', progress: 0.7, log });
    expect(await tab.text('.facts')).toContain('Receipts in the public log 12 of 17 checked');
    expect(await tab.data('log')).toBeUndefined();
    expect(await tab.page.$('[data-testid="notice"]')).toBeNull();
    await tab.inspect('12-log');
  });

  it.each([
    ['forked', 'contradicts what it said before.', 'has signed two histories', 'grave'],
    ['missing', 'lacks a receipt of yours.', 'tell whoever runs this site', 'grave'],
    ['unverifiable', 'cannot be checked.', 'this page keeps trying', 'mild'],
  ] as const)(
    'warns of a public log that is %s, in words and to a screen reader',
    async (problem, title, advice, tone) => {
      await tab.mount();
      await tab.pressStart();
      const log = { receipts: 17, checked: 12, size: 4_301, problem };
      await tab.say({ ...WORKING, stage: 'computing', progress: 0.7, log });
      const warning = `The public record of this network ${title}`;
      expect(await tab.text('[data-testid="notice"]')).toContain(warning);
      expect(await tab.text('[data-testid="notice"]')).toContain(advice);
      expect(await tab.text('[role="status"]')).toContain(warning);
      expect(await tab.data('log')).toBe(problem);
      expect(await tab.page.$(`.notice.${tone}`)).not.toBeNull();
      // The work goes on; whether to stop is the visitor's choice.
      expect(await tab.text(TOGGLE)).toBe('Stop');
      await tab.inspect(`13-log-${problem}`);
    },
  );

  it('says that it is stopping until the GPU has stopped, then sums up', async () => {
    await tab.mount();
    await tab.pressStart();
    await tab.say({ ...WORKING, stage: 'computing', progress: 0.7, shardsVerified: 75 });
    await tab.holdStop();
    await tab.page.click(TOGGLE);
    expect(await tab.text(TOGGLE)).toBe('Stopping…');
    expect(await tab.text('[data-testid="status"]')).toBe('Stopping; the GPU ends its current slice.');
    expect(await tab.data('stage')).toBe('computing');
    await tab.page.click(TOGGLE);
    await tab.inspect('08-stopping');
    await tab.letStop();
    await tab.page.waitForSelector('tilework-page[data-stage="stopped"]');
    expect((await tab.calls()).stops).toBe(1);
    expect(await tab.data('shards')).toBe('75');
    expect(await tab.text('.summary')).toBe(
      'You gave 6.86 TFLOP of verified work and earned 3.43 credit. Thank you.',
    );
    expect(await tab.text(TOGGLE)).toBe('Start again');
    await tab.inspect('09-summary');
  });

  it('opens its explanations with the keyboard', async () => {
    await tab.mount();
    const all = await tab.page.$$('details > summary');
    for (const summary of all) {
      await summary.focus();
      await tab.page.keyboard.press('Enter');
    }
    expect(await tab.page.$$eval('details', (each) => each.filter(({ open }) => open).length)).toBe(
      all.length,
    );
    await tab.page.waitForSelector('tilework-controls [data-testid="intensity"]');
    await tab.inspect('10-explanations');
  });

  it('said nothing wrong on the console all the while', () => {
    expect(tab.problems).toEqual([]);
  });
});
