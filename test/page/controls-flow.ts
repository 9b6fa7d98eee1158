/** Each control does what it says, over a contributor and a browser that are scripted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserKind } from '../../src/cli/browser.ts';
import { type Harness, openPage, TOGGLE } from './page-harness.ts';
import type { MountOptions } from './scripted-page.ts';

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

let tab: Harness;

const id = (name: string): string => `[data-testid="${name}"]`;
const badge = (): Promise<string> => tab.text(id('badge'));
const slide = async (name: string, ...keys: ('ArrowUp' | 'ArrowDown' | 'Home' | 'End')[]): Promise<void> => {
  await tab.page.focus(id(name));
  for (const key of keys) await tab.page.keyboard.press(key);
};
/** Picks from a list as a keyboard does. */
const pick = async (name: string, words: string): Promise<void> => {
  const at = await tab.page.$eval(
    id(name),
    (select, text) =>
      Array.from((select as HTMLSelectElement).options).findIndex((each) => each.text === text),
    words,
  );
  await tab.page.focus(id(name));
  await tab.page.keyboard.press('Home');
  for (let step = 0; step < at; step++) await tab.page.keyboard.press('ArrowDown');
};
const setTime = async (name: string, time: string): Promise<void> => {
  await tab.page.focus(id(name));
  await tab.page.keyboard.type(time);
  await tab.page.keyboard.press('Tab');
};
const mount = async (options: MountOptions = {}): Promise<void> => {
  await tab.mount(options);
  await tab.openControls();
};
/** Mounted, started, and with work. */
const work = async (options: MountOptions = {}): Promise<void> => {
  await mount(options);
  await tab.pressStart();
  await tab.say({ stage: 'computing', progress: 0.5, project: 'Digits' });
};

export function describeControls(kind: BrowserKind): void {
  beforeAll(async () => {
    tab = await openPage(kind);
  }, 90_000);
  afterAll(async () => {
    await tab?.close();
  });

  describe(`the controls in ${kind}`, () => {
    it('set the intensity with the keyboard, before the start and while it works', async () => {
      await mount({ search: '?intensity=50' });
      await slide('intensity', 'ArrowUp');
      await tab.pressStart();
      expect((await tab.calls()).starts).toMatchObject([{ intensity: 0.55 }]);
      await tab.say({ stage: 'computing', progress: 0.7 });
      await slide('intensity', 'Home', 'ArrowUp', 'End');
      expect((await tab.calls()).intensities).toEqual([0.05, 0.1, 1]);
      expect(await badge()).toBe('Full power');
      await slide('intensity', 'ArrowDown');
      expect(await badge()).toBe('Reduced You chose 95% intensity.');
      const input = (await tab.page.$(id('intensity')))!;
      // Only Chromium's driver tells what assistive technology is told.
      if (kind === 'chromium')
        expect(await tab.page.accessibility.snapshot({ root: input })).toMatchObject({
          role: 'slider',
          name: 'Intensity',
          description: 'Share of time your GPU works for the network',
        });
      expect(await input.evaluate((element) => element.ariaValueText)).toBe('95%');
      if (kind === 'chromium') await tab.inspect('11-controls');
    });

    it('move for a person only', async () => {
      await mount();
      await tab.page.evaluate(() => {
        for (const [name, value] of [
          ['intensity', '5'],
          ['disk', '0'],
        ]) {
          const input = document.querySelector<HTMLInputElement>(`[data-testid="${name}"]`)!;
          input.value = value!;
          input.dispatchEvent(new Event('input', { bubbles: true }));
        }
        const heat = document.querySelector<HTMLSelectElement>('[data-testid="heat"]')!;
        heat.value = 'off';
        heat.dispatchEvent(new Event('change', { bubbles: true }));
        for (const name of ['mains', 'tone', 'preset-gentle', 'pause'])
          document.querySelector<HTMLElement>(`[data-testid="${name}"]`)?.click();
      });
      await tab.pressStart();
      expect((await tab.calls()).starts).toMatchObject([{ intensity: 0.75, diskBytes: 1024 * MIB }]);
      expect(await tab.page.$eval(id('mains'), (box) => (box as HTMLInputElement).checked)).toBe(true);
      expect(await tab.calls()).toMatchObject({ tones: 0, pauses: [] });
    });

    it('take a preset, and are remembered', async () => {
      await mount();
      expect(await tab.page.$eval(id('preset-balanced'), (button) => button.ariaPressed)).toBe('true');
      await tab.page.click(id('preset-gentle'));
      await tab.mount({ again: true });
      await tab.openControls();
      expect(await tab.page.$eval(id('preset-gentle'), (button) => button.ariaPressed)).toBe('true');
      await tab.pressStart();
      expect((await tab.calls()).starts).toMatchObject([
        { intensity: 0.35, memoryBytes: 256 * MIB, diskBytes: 512 * MIB },
      ]);
      await slide('intensity', 'End');
      expect(await tab.text('[data-group="presets"] .fine')).toContain('Your own mixture.');
    });

    it('pause on battery, at once, and go on half a minute after the plug is back', async () => {
      await work();
      await tab.happen({ charging: false, level: 0.8 });
      expect(await badge()).toBe(
        'Paused This device runs on battery, and you chose to contribute on mains power only.',
      );
      expect(await tab.text(id('status'))).toBe('Paused. Your GPU does nothing for us now.');
      expect(await tab.text('[role="status"]')).toMatch(/^Paused\. .*runs on battery/);
      expect(await tab.data('badge')).toBe('paused');
      expect((await tab.calls()).pauses).toEqual([true]);
      if (kind === 'chromium') await tab.inspect('14-on-battery');
      await tab.happen({ charging: true });
      expect(await tab.data('badge')).toBe('paused');
      await tab.happen({ laterMs: 31_000 });
      expect(await tab.data('badge')).toBe('reduced');
      expect((await tab.calls()).pauses).toEqual([true, false]);
      await tab.happen({ charging: false });
      await tab.page.click(id('mains'));
      expect(await tab.data('badge')).toBe('reduced');
    });

    it('keep so much in the battery as was chosen', async () => {
      await work({ search: '?preset=all-in' });
      await tab.happen({ charging: false, level: 0.3 });
      expect(await tab.data('badge')).toBe('full-power');
      await slide('battery', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp');
      expect(await badge()).toBe('Paused The battery is at 30%; you chose to keep 35% of it.');
      await slide('battery', 'Home');
      expect(await tab.text(id('battery-value'))).toBe('Nothing');
      expect(await tab.data('badge')).toBe('full-power');
    });

    it('keep quiet hours, and say until when', async () => {
      await work();
      const hour = new Date().getHours();
      const at = (hours: number): string => {
        const when = (hour + hours + 24) % 24;
        return `${String(when % 12 === 0 ? 12 : when % 12).padStart(2, '0')}00${when < 12 ? 'AM' : 'PM'}`;
      };
      await pick('schedule', 'Not between');
      await setTime('from', at(-1));
      await setTime('to', at(2));
      expect(await badge()).toMatch(/^Paused Your schedule says not now: it goes on at \d+:00 [AP]M\.$/);
      await tab.happen({ laterMs: 3 * HOUR_MS });
      expect(await tab.data('badge')).toBe('reduced');
      await pick('schedule', 'Only between');
      expect(await tab.data('badge')).toBe('paused');
      await pick('schedule', 'At any time');
      expect(await tab.data('badge')).toBe('reduced');
    });

    it('stop at the day’s data, also after a reload, until midnight', async () => {
      await work();
      await pick('daily', '256 MiB');
      await tab.say({ bytesDown: 200 * MIB, bytesUp: 55 * MIB });
      expect(await tab.data('badge')).toBe('reduced');
      await tab.say({ bytesDown: 203 * MIB });
      expect(await badge()).toMatch(
        /^Paused 258 MiB have moved today, and your limit is 256 MiB: it goes on at/,
      );
      await tab.mount({ again: true });
      await tab.openControls();
      await tab.pressStart();
      expect((await tab.calls()).starts).toMatchObject([{ paused: true }]);
      expect(await tab.data('badge')).toBe('paused');
      expect(await tab.text('#daily-note')).toBe('258 MiB today so far.');
      await tab.happen({ laterMs: 24 * HOUR_MS });
      expect(await tab.data('badge')).toBe('reduced');
    });

    it('cap rates each way, at once and at the next start', async () => {
      await work();
      await pick('down', '512 KiB/s');
      await pick('up', '128 KiB/s');
      const { caps } = await tab.calls();
      expect(caps.at(-1)).toEqual({ down: 512 * 1024, up: 128 * 1024 });
      await tab.page.click(TOGGLE);
      await tab.page.waitForSelector('tilework-page[data-stage="stopped"]');
      await tab.page.click(TOGGLE);
      await expect
        .poll(async () => (await tab.calls()).starts.at(-1)?.rateCaps)
        .toEqual({ down: 512 * 1024, up: 128 * 1024 });
    });

    it('leave metered networks alone, unless told otherwise', async () => {
      await work();
      await tab.happen({ network: 'cellular' });
      expect(await badge()).toContain('This network counts its bytes');
      await tab.page.click(id('metered'));
      expect(await tab.data('badge')).toBe('reduced');
    });

    it('pause while somebody uses the computer, once the browser may tell', async () => {
      await work();
      await tab.page.click(id('in-use'));
      await tab.page.waitForSelector(id('idle'));
      await tab.happen({ user: 'active' });
      expect(await badge()).toBe(
        'Paused Somebody uses this computer; it goes on when nobody has for 5 minutes.',
      );
      await pick('idle', '1 minute');
      await tab.happen({ user: 'idle' });
      expect(await badge()).toContain('Somebody used this computer just now');
      await tab.happen({ laterMs: 61_000 });
      expect(await tab.data('badge')).toBe('reduced');
    });

    it('say so when the browser may not tell whether the computer is in use', async () => {
      await work();
      await tab.happen({ permission: 'denied' });
      await tab.page.click(id('in-use'));
      await expect.poll(() => tab.text('.switches:has(#in-use)')).toContain('was not allowed to tell');
      expect(await tab.data('badge')).toBe('reduced');
    });

    it('do less when the device is hot, nothing when it is very hot, and the same when told not to care', async () => {
      await work({ search: '?intensity=100' });
      await tab.happen({ pressure: 'serious' });
      expect(await badge()).toBe(
        'Reduced This device is hot or busy, so the GPU works 50% as much as you allow.',
      );
      expect((await tab.calls()).intensities.at(-1)).toBe(0.5);
      await tab.happen({ pressure: 'critical' });
      expect(await badge()).toContain('very hot');
      expect((await tab.calls()).pauses).toEqual([true]);
      await pick('heat', 'Do not care');
      expect(await badge()).toBe('Full power');
      expect((await tab.calls()).intensities.at(-1)).toBe(1);
    });

    it('set the memory for the next start', async () => {
      await work();
      await pick('memory', '128 MiB');
      expect((await tab.calls()).memory.at(-1)).toBe(128 * MIB);
    });

    it('say what the disk keeps, with the keyboard, and clear it', async () => {
      await mount({ search: '?disk=256' });
      expect(await tab.text('.slides:has(#disk)')).toBe(
        'Disk 256 MiB Keeps numbers on this device, so that they need not come twice.',
      );
      await slide('disk', 'ArrowUp');
      expect(await tab.text('.promise')).toContain('up to 512 MiB of disk');
      await tab.pressStart();
      expect((await tab.calls()).starts).toMatchObject([{ diskBytes: 512 * MIB }]);
      await tab.say({ stage: 'computing', disk: { usedBytes: 300 * MIB, budgetBytes: 512 * MIB } });
      expect(await tab.text(id('disk-used'))).toBe('300 MiB in use.');
      await slide('disk', 'End');
      expect(await tab.text(id('disk-value'))).toBe('8 GiB');
      await slide('disk', 'Home');
      expect(await tab.text(id('disk-value'))).toBe('Off');
      expect((await tab.calls()).diskBudgets).toEqual([8192 * MIB, 0]);
      await tab.page.click(id('disk-clear'));
      expect((await tab.calls()).cleared).toBe(1);
    });

    it('clear the disk of an earlier visit for a person only, and without a start', async () => {
      await tab.leaveOnDisk(5 * MIB);
      await mount();
      const clear = (await tab.page.waitForSelector(id('disk-clear')))!;
      await clear.evaluate((button) => (button as HTMLButtonElement).click());
      expect((await tab.calls()).cleared).toBe(0);
      await clear.click();
      await tab.page.waitForSelector(id('disk-clear'), { hidden: true });
      expect(await tab.calls()).toMatchObject({ starts: [], cleared: 1 });
      await tab.leaveOnDisk(0);
    });

    it('keep the screen awake while it works, and let it sleep in a pause', async () => {
      await work();
      await tab.page.click(id('awake'));
      await expect.poll(async () => (await tab.calls()).awake).toBe(1);
      await tab.page.click(id('pause'));
      expect((await tab.calls()).awake).toBe(0);
      await tab.page.click(id('pause'));
      await expect.poll(async () => (await tab.calls()).awake).toBe(1);
      await tab.page.click(TOGGLE);
      await tab.page.waitForSelector('tilework-page[data-stage="stopped"]');
      expect((await tab.calls()).awake).toBe(0);
    });

    it('sound the quiet tone from Start to Stop', async () => {
      await mount();
      await tab.page.click(id('tone'));
      expect((await tab.calls()).tones).toBe(0);
      await tab.pressStart();
      expect((await tab.calls()).tones).toBe(1);
      await tab.page.click(TOGGLE);
      await tab.page.waitForSelector('tilework-page[data-stage="stopped"]');
      expect((await tab.calls()).tones).toBe(0);
    });

    it('say why they do nothing in a browser that cannot tell', async () => {
      await mount({ lacks: ['battery', 'connection', 'idle', 'pressure', 'wakeLock', 'tone'] });
      const off = await tab.page.$$eval('tilework-controls :disabled', (all) => all.map((each) => each.id));
      expect(off.toSorted()).toEqual(['awake', 'battery', 'in-use', 'mains', 'metered', 'tone']);
      for (const name of off)
        expect(await tab.text(`#${name}-note`)).toMatch(/^This browser (cannot|plays no)/);
      expect(await tab.text('#heat-note')).toContain('shards that take longer');
    });

    it('said nothing wrong on the console all the while', () => {
      expect(tab.problems).toEqual([]);
    });
  });

  describe('Pause and Finish', () => {
    it('pause by hand and go on', async () => {
      await work();
      await tab.page.click(id('pause'));
      expect(await badge()).toBe('Paused You pressed Pause.');
      expect(await tab.text(id('status'))).toBe('Paused. Your GPU does nothing for us now.');
      expect(await tab.text('[role="status"]')).toBe(
        'Paused. Your GPU does nothing for us now. You pressed Pause.',
      );
      expect(await tab.text(id('pause'))).toBe('Go on');
      await tab.page.click(id('pause'));
      expect((await tab.calls()).pauses).toEqual([true, false]);
      expect(await tab.text(id('status'))).toBe('Computing a shard for “Digits”.');
    });

    it('finish what has begun, then stop', async () => {
      await work();
      await tab.page.click(id('finish'));
      expect(await tab.text(id('finish'))).toBe('Finishing…');
      expect(await tab.text(id('status'))).toBe('Finishing what has begun; then it stops by itself.');
      await tab.page.click(id('finish'));
      expect(await tab.calls()).toMatchObject({ finishes: 1, stops: 0 });
      await tab.say({ stage: 'stopped', finishing: false });
      expect(await tab.text(TOGGLE)).toBe('Start again');
      expect(await tab.page.$(id('pause'))).toBeNull();
    });

    it('show the shards on the installed app’s icon until Stop', async () => {
      await work();
      await tab.say({ shardsVerified: 12 });
      expect((await tab.calls()).badge).toBe(12);
      await tab.page.click(TOGGLE);
      await tab.page.waitForSelector('tilework-page[data-stage="stopped"]');
      expect((await tab.calls()).badge).toBe(0);
    });
  });
}
