import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ContributorStatus,
  DEFAULT_MEMORY_BYTES,
  type Stage,
  STOPPED,
} from '../../src/contributor/api.ts';
import type { Reason } from '../../src/contributor/policy.ts';
import { DEFAULTS, presetOf, type Settings } from '../../src/contributor/settings.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { announcement, milestone } from '../../src/page/announce.ts';
import { LANGUAGES, StaticText, chooseLanguage } from '../../src/page/language.ts';
import { lasting, shared, sized, timeOf } from '../../src/page/numbers.ts';
import {
  flopsPerSecond,
  pageTitle,
  problemText,
  reasonSentence,
  statusSentence,
  summary,
} from '../../src/page/sentences.ts';
import { shortId } from '../../src/page/short-id.ts';
import { ChosenSettings, obstacle, readAddress } from '../../src/page/settings.ts';
import { storageOf } from '../../src/page/storage.ts';
import { hasProgress, markOf, percent, STEPS } from '../../src/page/stage-bar.ts';
import { statRows } from '../../src/page/stats.ts';
import { controlsDe } from '../../src/page/strings-controls-de.ts';
import { controlsEn } from '../../src/page/strings-controls-en.ts';
import { stringsDe } from '../../src/page/strings-de.ts';
import { stringsEn } from '../../src/page/strings-en.ts';
import { staticDe } from '../../src/page/strings-static-de.ts';
import type { Strings } from '../../src/page/strings.ts';
import { coatOf, TILES } from '../../src/page/tiles.ts';

const MIB = 1024 * 1024;
const STAGES: readonly Stage[] = [...STEPS, 'stopped', 'failed'];
const en = stringsEn;
const BOTH: readonly Strings[] = [stringsEn, stringsDe];
const of = (change: Partial<ContributorStatus>): ContributorStatus => ({ ...STOPPED, ...change });
const NONE = { hourRate: undefined, dayBytes: 0 };

describe('the texts', () => {
  it('are one whole sentence for every stage, in every language', () => {
    for (const strings of BOTH) {
      for (const stage of STAGES) {
        for (const ranBefore of [false, true]) {
          const text = statusSentence(of({ stage, project: 'Digits' }), ranBefore, strings);
          expect(text).toMatch(/^[A-ZÄÖÜ].*\.$/);
        }
      }
    }
  });

  it('name no project that is not known', () => {
    expect(statusSentence(of({ stage: 'computing' }), true, en)).toBe('Computing a shard.');
    expect(statusSentence(of({ stage: 'computing' }), true, stringsDe)).toBe('Ein Teil wird berechnet.');
  });

  it('say when and why a coordinator is tried again', () => {
    const problem = { code: 'unreachable', message: 'in English' } as const;
    const status = of({ stage: 'connecting', retryInMs: 8_200, problem });
    expect(statusSentence(status, true, en)).toBe('Cannot reach the coordinator; trying again in 8 seconds.');
    expect(statusSentence(status, true, stringsDe)).toBe(
      'Der Koordinator ist nicht zu erreichen; nächster Versuch in 8 Sekunden.',
    );
    const refused = { ...status, retryInMs: 90_000, problem: { code: 'wrong-peer', message: '' } as const };
    expect(statusSentence(refused, true, en)).toMatch(/another identity .*; trying again in 2 minutes\.$/);
  });

  it('tell uploading from being checked', () => {
    expect(statusSentence(of({ stage: 'uploading', progress: 0.9 }), true, en)).toContain('Uploading');
    expect(statusSentence(of({ stage: 'uploading', progress: 1 }), true, en)).toContain(
      'checking every number',
    );
  });

  it('name the browsers that have WebGPU', () => {
    for (const strings of BOTH) {
      const { advice } = problemText({ code: 'no-webgpu' }, strings);
      for (const browser of ['Chrome', 'Edge', '113', 'Safari', '26', 'Firefox', '141', 'Windows', '145'])
        expect(advice).toContain(browser);
    }
  });

  it('have a title and an advice for every problem, also for one that nobody foresaw', () => {
    const codes: ErrorCode[] = ['internal', 'locked', 'gpu-wrong', 'port-in-use', 'out-of-memory'];
    for (const strings of BOTH) {
      for (const code of codes) {
        const { title, advice } = problemText({ code }, strings);
        expect(title).toMatch(/^[A-ZÄÖÜ].*[^.]$/);
        expect(advice).toMatch(/\.$/);
      }
    }
    expect(problemText(undefined, en).title).toBe('Something went wrong');
  });

  it('promise the memory and the disk that are really asked for', () => {
    expect(en.promise(sized('en', DEFAULT_MEMORY_BYTES), undefined)[1]).toContain(
      'up to 512 MiB of GPU memory, some electricity',
    );
    expect(en.promise(sized('en', 1024 * MIB), sized('en', 256 * MIB))[1]).toContain(
      'up to 1 GiB of GPU memory, up to 256 MiB of disk,',
    );
  });

  it('sum up a visit with and without a shard', () => {
    expect(summary(of({}), en)).toContain('nothing is lost');
    const some = of({ shardsVerified: 2, multiplyAddsVerified: 1.5e9, microcredits: 1_500_000n });
    expect(summary(some, en)).toBe('You gave 3 GFLOP of verified work and earned 1.5 credit. Thank you.');
    expect(summary(some, stringsDe)).toContain('3 GFLOP geprüfte Arbeit gegeben und 1,5 Guthaben');
  });

  it('shorten a contributor’s id and leave a short one whole', () => {
    expect(shortId('12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f')).toBe('12D3KooW…h9Qx2f');
    expect(shortId('abc')).toBe('abc');
  });

  it('tell in the tab’s title what goes on', () => {
    expect(pageTitle(STOPPED, false, en)).toBe('Tilework');
    const working = of({ stage: 'computing', shardsVerified: 3 });
    expect(pageTitle(working, true, en)).toBe('3 verified · Tilework');
    expect(pageTitle({ ...working, paused: true }, true, en)).toBe('Paused · Tilework');
    expect(pageTitle(of({ stage: 'failed' }), false, en)).toBe('Needs attention · Tilework');
  });

  it('say each reason of the policy with its data', () => {
    const untilMs = new Date(2026, 2, 1, 7, 0).getTime();
    const say = (reason: Reason, strings = en): string =>
      reasonSentence(reason, strings).replaceAll(/\s/g, ' ');
    expect(say({ kind: 'quiet-hours', untilMs })).toBe('Your schedule says not now: it goes on at 7:00 AM.');
    expect(say({ kind: 'quiet-hours', untilMs }, stringsDe)).toContain('um 7:00 Uhr.');
    expect(say({ kind: 'battery-low', level: 0.29, floor: 0.3 })).toBe(
      'The battery is at 29%; you chose to keep 30% of it.',
    );
    expect(say({ kind: 'data-cap', usedBytes: 513 * MIB, capBytes: 512 * MIB, untilMs })).toBe(
      '513 MiB have moved today, and your limit is 512 MiB: it goes on at 7:00 AM.',
    );
    expect(say({ kind: 'in-use', idleMinutes: 5, untilMs: undefined })).toContain('for 5 minutes.');
    expect(say({ kind: 'hot', share: 0.5, seenBy: 'pressure' })).toContain('50%');
    expect(say({ kind: 'intensity', share: 0.75 }, stringsDe)).toBe('Sie haben 75 % Intensität gewählt.');
    const kinds: Reason[] = [
      { kind: 'on-battery' },
      { kind: 'metered' },
      { kind: 'very-hot' },
      { kind: 'throttled' },
      { kind: 'offline' },
      { kind: 'in-use', idleMinutes: 5, untilMs },
      { kind: 'hot', share: 0.5, seenBy: 'speed' },
    ];
    for (const strings of BOTH)
      for (const kind of kinds) expect(say(kind, strings)).toMatch(/^[A-ZÄÖÜ].*\.$/);
  });
});

describe('the languages', () => {
  it('are as the address asks, else as was chosen before, else as the browser prefers', () => {
    const kept = (value: string | null) => ({ getItem: () => value });
    expect(chooseLanguage('?lang=de', kept('en'), ['en'])).toBe('de');
    expect(chooseLanguage('?lang=xx', kept('de'), ['en'])).toBe('de');
    expect(chooseLanguage('', kept(null), ['fr-FR', 'de-AT', 'en'])).toBe('de');
    expect(chooseLanguage('', undefined, ['fr'])).toBe('en');
    const closed = {
      getItem: () => {
        throw new DOMException('no', 'SecurityError');
      },
    };
    expect(chooseLanguage('', closed, ['de'])).toBe('de');
  });

  it('say the same things: every text of one is there in the other, and none is still in English', () => {
    const texts = (value: unknown, path = ''): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([name, each]) => texts(each, `${path}.${name}`))
        : [`${path} ${typeof value}`];
    expect(texts(stringsDe)).toEqual(texts(stringsEn));
    expect(texts(controlsDe)).toEqual(texts(controlsEn));
    const words = (value: unknown): string[] =>
      typeof value === 'object' && value !== null ? Object.values(value).flatMap(words) : [String(value)];
    const german = words([stringsDe, controlsDe, staticDe]).join('\n');
    expect(german).not.toMatch(/\b(the|your|and|this|with|[Dd]ein|dir|dich|du)\b/);
    expect(LANGUAGES).toEqual(['en', 'de']);
  });

  it('cover all of index.html, and give its English back', async () => {
    const markup = await readFile('index.html', 'utf8');
    const named = Array.from(markup.matchAll(/data-text="([^"]+)"/g), ([, name]) => name!);
    expect(named.toSorted()).toEqual(Object.keys(staticDe).toSorted());
    const element = { dataset: { text: 'how' }, textContent: 'How it works' };
    const root = { querySelectorAll: () => [element] } as unknown as ParentNode;
    const text = new StaticText(root);
    text.show(staticDe);
    expect(element.textContent).toBe('So funktioniert es');
    text.show(undefined);
    expect(element.textContent).toBe('How it works');
  });
});

describe('the numbers', () => {
  it('count two floating-point operations for each multiply-add, and a speed only once there is one', () => {
    const rows = statRows(of({ multiplyAddsVerified: 6.15e9, bytesDown: 1024, bytesUp: 512 }), NONE, en);
    expect(rows).toEqual([
      { name: 'GPU speed', value: '–' },
      { name: 'Verified, last hour', value: '–' },
      { name: 'Verified work', value: '12.3 GFLOP' },
      { name: 'Credit', value: '0' },
      { name: 'Receipts', value: '0' },
      { name: 'Of what is possible', value: '–', notes: ['by your link and GPU'] },
      { name: 'Data moved', value: '1.5 KiB', notes: ['1 KiB in', '512 B out'] },
    ]);
    expect(flopsPerSecond(en, 5e11)).toBe('1 TFLOP/s');
    expect(statRows(of({}), { hourRate: 3e9, dayBytes: 2048 }, stringsDe)).toMatchObject([
      {},
      { name: 'Geprüft, letzte Stunde', value: '6 GFLOP/s' },
      {},
      {},
      {},
      {},
      { notes: ['0 B empfangen', '0 B gesendet', '2 KiB heute'] },
    ]);
  });

  it('show the account’s balance only when it is more than this session’s credit', () => {
    const credit = (microcredits: bigint, balanceMicrocredits: bigint) =>
      statRows(of({ microcredits, balanceMicrocredits }), NONE, en)[3]?.notes;
    expect(credit(5n, 5n)).toBeUndefined();
    expect(credit(5n, 1_000_005n)).toEqual(['1 in all']);
  });

  it('never claim a whole shard early', () => {
    expect(percent(0.999, en)).toBe('99%');
    expect(percent(-1, en)).toBe('0%');
    expect(percent(7, en)).toBe('100%');
    expect(percent(0.29, en)).toBe('29%');
  });

  it('are written as each language writes them', () => {
    expect([sized('en', 1536 * MIB), sized('de', 1536 * MIB)]).toEqual(['1.5 GiB', '1,5 GiB']);
    expect([sized('en', 0), sized('en', 1023 * 1024 * MIB)]).toEqual(['0 B', '1,020 GiB']);
    expect(lasting('en', 2 * 3_600_000 + 5 * 60_000)).toBe('2 hours, 5 minutes');
    expect([lasting('de', 59_400), lasting('en', 8_000, true)]).toEqual(['59 Sekunden', '8s']);
    expect(shared('de', 0.5).replaceAll(/\s/g, ' ')).toBe('50 %');
    expect(timeOf('en', new Date(2026, 2, 2, 7, 0).getTime()).replaceAll(/\s/g, ' ')).toBe('7:00 AM');
  });
});

describe('the stage bar', () => {
  it('has exactly one current step in every running stage and none otherwise', () => {
    for (const stage of STAGES) {
      const current = STEPS.filter((step) => markOf(step, stage, 0.5).mark === 'current');
      expect(current).toEqual(stage === 'stopped' || stage === 'failed' ? [] : [stage]);
    }
  });

  it('fills the current step with the progress where there is one', () => {
    expect(markOf('computing', 'computing', 0.25).filled).toBe(0.25);
    expect(markOf('computing', 'computing', 9).filled).toBe(1);
    expect(markOf('waiting', 'waiting', 0).filled).toBe(1);
    expect(hasProgress('waiting')).toBe(false);
  });
});

describe('the wall', () => {
  it('has laid exactly as many tiles as shards were verified, round after round', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3 * TILES }), (shards) => {
        const coats = Array.from({ length: TILES }, (_, tile) => coatOf(tile, shards));
        expect(coats.reduce((sum, coat) => sum + coat, 0)).toBe(shards);
      }),
    );
    expect(coatOf(0, 3 * TILES + 1)).toBe(1);
  });
});

describe('the announcements', () => {
  it('come at round numbers', () => {
    expect([0, 1, 4, 5, 9, 10, 49, 50, 99, 100, 250].map(milestone)).toEqual([
      0, 1, 1, 5, 5, 10, 25, 50, 50, 100, 200,
    ]);
  });

  it('do not repeat an unreachable coordinator at every try', () => {
    const at = (seconds: number): ContributorStatus =>
      of({
        stage: 'connecting',
        retryInMs: 1000 * seconds,
        problem: { code: 'unreachable', message: '' },
      });
    expect(announcement(at(1), true, en)).toBe(announcement(at(60), true, en));
    expect(announcement(at(1), true, en)).toBe('Cannot reach the coordinator; trying again.');
  });
});

describe('the settings', () => {
  const settings = (search: string, kept: string | null = null): Settings =>
    new ChosenSettings(search, { getItem: () => kept, setItem: () => {} }).now;

  it('are read from the address', () => {
    expect(readAddress('?software=allow&memory=256&coordinator=/a&coordinator=/b')).toEqual({
      allowSoftware: true,
      namedCoordinators: ['/a', '/b'],
      transport: undefined,
    });
    expect(settings('?memory=256&intensity=50&disk=64')).toEqual({
      ...DEFAULTS,
      memoryBytes: 256 * MIB,
      intensity: 0.5,
      diskBytes: 64 * MIB,
    });
    expect(presetOf(settings('?preset=gentle'))).toBe('gentle');
    expect(settings('?preset=toString')).toEqual(DEFAULTS);
  });

  it('keep memory within bounds and ignore what is not a number', () => {
    const memory = (text: string): number => settings(`?memory=${text}`).memoryBytes / MIB;
    expect([memory('1'), memory('999999')]).toEqual([64, 4096]);
    for (const bad of ['', '-5', '1e3', '0x100', 'lots', '12345678901']) expect(memory(bad)).toBe(512);
  });

  it('keep the intensity between 5 and 100 %, and ignore what is not a number', () => {
    const intensity = (text: string): number => settings(`?intensity=${text}`).intensity;
    expect(['0', '4', '5', '37', '100', '900'].map(intensity)).toEqual([0.05, 0.05, 0.05, 0.37, 1, 1]);
    for (const bad of ['', '-5', '0.5', '50%', 'half']) expect(intensity(bad)).toBe(0.75);
  });

  it('take the disk from the address, within bounds', () => {
    const disk = (text: string): number => settings(`?disk=${text}`).diskBytes / MIB;
    expect([disk('0'), disk('300'), disk('999999')]).toEqual([0, 300, 8192]);
    for (const bad of ['', '-1', '1e9', 'lots']) expect(disk(bad)).toBe(1024);
  });

  it('are remembered for the next visit, but for what the address asked for', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const chosen = new ChosenSettings('?memory=128', storage);
    chosen.change({ tone: true, intensity: 0.4 });
    expect(chosen.now).toMatchObject({ tone: true, intensity: 0.4, memoryBytes: 128 * MIB });
    expect(new ChosenSettings('', storage).now).toEqual({ ...DEFAULTS, tone: true, intensity: 0.4 });
  });

  it('are for this visit where a page may keep nothing', () => {
    const refused = {
      getItem: () => {
        throw new DOMException('no', 'SecurityError');
      },
      setItem: () => {
        throw new DOMException('no', 'QuotaExceededError');
      },
    };
    for (const storage of [refused, undefined]) {
      const chosen = new ChosenSettings('', storage);
      chosen.change({ tone: true });
      expect(chosen.now).toEqual({ ...DEFAULTS, tone: true });
    }
    const closed = {
      get localStorage(): Storage {
        throw new DOMException('no', 'SecurityError');
      },
    };
    expect(storageOf(closed as unknown as typeof globalThis)).toBeUndefined();
  });

  it('do not take the heat of a software adapter for a reason to give way to', () => {
    expect(settings('?software=allow').heat).toBe('off');
    expect(settings('').heat).toBe('normal');
    expect(settings('?software=allow&heat=careful').heat).toBe('careful');
    expect(settings('?heat=cold').heat).toBe('normal');
  });

  it('never allow a software adapter by anything but the word', () => {
    for (const search of ['', '?software', '?software=1', '?software=ALLOW']) {
      expect(readAddress(search).allowSoftware).toBe(false);
    }
  });

  it('see an insecure page before a missing WebGPU, which follows from it', () => {
    const traits = { secureContext: true, webgpu: true, workers: true };
    expect(obstacle(traits)).toBeUndefined();
    expect(obstacle({ ...traits, webgpu: false })).toBe('no-webgpu');
    expect(obstacle({ ...traits, webgpu: false, secureContext: false })).toBe('insecure');
  });
});

describe('index.html', () => {
  it('obeys a policy without inline code or style, asks nobody else for anything, and speaks without scripts', async () => {
    const shell = await readFile('index.html', 'utf8');
    expect(shell).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc="\.\/)/);
    expect(shell).not.toMatch(/(?:src|href|content)="(?:https?:)?\/\//);
    expect(shell).toMatch(/<noscript>[\s\S]*JavaScript[\s\S]*<\/noscript>/);
    const sheets = ['page.css', 'panel.css', 'wall.css', 'controls.css', 'mosaic.css'].map((name) =>
      readFile(`src/page/${name}`, 'utf8'),
    );
    const css = (await Promise.all(sheets)).join('');
    expect(css).not.toMatch(/url\(|@import|@font-face/);
  });
});
