/** Every state of the page in both schemes and both languages, looked at by axe (WCAG 2.2 AA): zero findings. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openPage, TOGGLE } from './page-harness.ts';
import type { MountOptions, Told } from './scripted-page.ts';

declare const axe: {
  run(
    context: Document,
    options: object,
  ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
};

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** The visitor's: see scripted-page.ts. */
const PEER = '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f';
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const WORKING: Told = {
  stage: 'computing',
  progress: 0.64,
  peerId: PEER,
  network: 'tilework.example',
  project: 'Handwritten digits',
  adapter: 'Apple M3 (metal-3)',
  kernel: 'i8 packed 64×64',
  shardsVerified: 1_017,
  multiplyAddsVerified: 3.43e14,
  rate: 412e9,
  microcredits: 343_000_000,
  balanceMicrocredits: 12_790_451_200,
  linkShare: 0.87,
  bytesDown: 9_340_000_000,
  bytesUp: 1_820_000_000,
  receipts: 1_017,
  log: { receipts: 1_017, checked: 1_004, size: 43_010, problem: undefined },
};

let tab: Harness;
let script = '';
beforeAll(async () => {
  [tab, script] = await Promise.all([openPage(), readFile(AXE, 'utf8')]);
  // By the driver, past the page's policy.
  await tab.page.evaluate(script);
}, 90_000);
afterAll(async () => {
  await tab?.close();
});

async function findings(): Promise<string[]> {
  return tab.page.evaluate(async (values) => {
    const { violations } = await axe.run(document, { runOnly: values });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  }, TAGS);
}

interface State {
  readonly name: string;
  readonly options?: MountOptions;
  readonly go?: () => Promise<void>;
  readonly german?: boolean;
}

const start = async (change: Told = WORKING): Promise<void> => {
  await tab.pressStart();
  // Stages take their time, as they would.
  for (const stage of ['testing', 'connecting', 'downloading', 'computing', 'uploading'] as const) {
    await tab.say({ ...WORKING, stage });
    await tab.happen({
      laterMs:
        { testing: 2_000, connecting: 900, downloading: 3_000, computing: 9_000 }[stage as 'testing'] ??
        2_000,
    });
  }
  await tab.happen({ laterMs: 20_000 });
  await tab.say(change);
};
const LAID: MountOptions = { picture: 24 };

const STATES: readonly State[] = [
  { name: 'stopped', options: LAID },
  { name: 'working', options: LAID, go: start },
  {
    name: 'paused',
    options: LAID,
    german: true,
    go: async () => {
      await start();
      await tab.happen({ charging: false, level: 0.74 });
    },
  },
  {
    name: 'failed',
    options: LAID,
    go: () => start({ ...WORKING, stage: 'failed', problem: { code: 'gpu-lost', message: 'device lost' } }),
  },
  { name: 'no-webgpu', options: { traits: { secureContext: true, webgpu: false, workers: true } } },
  {
    name: 'controls',
    options: { search: '?preset=gentle' },
    german: true,
    go: async () => {
      await tab.openControls();
      await tab.page.focus('[data-testid="schedule"]');
      await tab.page.keyboard.press('ArrowDown');
      await tab.page.waitForSelector('[data-testid="from"]');
    },
  },
  {
    name: 'unable',
    options: { lacks: ['battery', 'connection', 'idle', 'pressure', 'wakeLock', 'tone'] },
    go: () => tab.openControls(),
  },
  {
    name: 'opened',
    options: LAID,
    german: true,
    go: async () => {
      await start();
      for (const name of ['projects', 'report', 'speed', 'you', 'share']) {
        await tab.page.click(`[data-section="${name}"] > summary`);
        await tab.page.waitForSelector(`tilework-${name}`);
      }
    },
  },
];

describe('axe finds nothing', () => {
  for (const language of ['en', 'de'] as const) {
    // What differs by language only is looked at in the states that have most of it.
    const states = language === 'en' ? STATES : STATES.filter(({ german }) => german);
    it.each(states)(`${language}: $name`, async ({ name, options, go }) => {
      await tab.mount({ ...options, language });
      await go?.();
      for (const scheme of ['light', 'dark'] as const) {
        await tab.scheme(scheme);
        expect(await findings(), `${name}, ${scheme}`).toEqual([]);
      }
      await tab.inspect(
        `${name}-${language}`,
        language === 'de' || process.env['TILEWORK_SHOTS'] === undefined,
      );
    });
  }

  it('and the page leads from part to part with the keyboard alone', async () => {
    await tab.mount(LAID);
    await start();
    const reached: string[] = [];
    await tab.page.focus(TOGGLE);
    for (let step = 0; step < 12; step++) {
      reached.push(
        await tab.page.evaluate(() => {
          const { dataset, parentElement } = document.activeElement as HTMLElement;
          return dataset['testid'] ?? parentElement?.dataset['section'] ?? document.activeElement!.tagName;
        }),
      );
      await tab.page.keyboard.press('Tab');
    }
    expect(reached.slice(0, 11)).toEqual([
      'toggle',
      'pause',
      'finish',
      'SUMMARY', // who laid these tiles
      'copy',
      'controls',
      'projects',
      'report',
      'speed',
      'you',
      'share',
    ]);
  });

  it('said nothing wrong on the console all the while', () => {
    expect(tab.problems).toEqual([]);
  });
});
