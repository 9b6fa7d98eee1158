import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ContributorStatus,
  DEFAULT_MEMORY_BYTES,
  type Stage,
  STOPPED,
} from '../../src/contributor/api.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { announcement, milestone } from '../../src/page/announce.ts';
import { obstacle, readSettings, rememberDisk, storageOf } from '../../src/page/settings.ts';
import { hasProgress, markOf, percent } from '../../src/page/stage-bar.ts';
import { statRows } from '../../src/page/stats.ts';
import {
  flopsPerSecond,
  invitation,
  pageTitle,
  problemText,
  shortId,
  STAGE_LABEL,
  statusSentence,
  summary,
} from '../../src/page/texts.ts';
import { coatOf, TILES } from '../../src/page/tiles.ts';

const MIB = 1024 * 1024;
const STAGES: readonly Stage[] = [...(Object.keys(STAGE_LABEL) as Stage[]), 'stopped', 'failed'];
const of = (change: Partial<ContributorStatus>): ContributorStatus => ({ ...STOPPED, ...change });

describe('the texts', () => {
  it('are one whole sentence for every stage', () => {
    for (const stage of STAGES) {
      for (const ranBefore of [false, true]) {
        expect(statusSentence(of({ stage, project: 'Digits' }), ranBefore)).toMatch(/^[A-Z].*\.$/);
      }
    }
  });

  it('name no project that is not known', () => {
    expect(statusSentence(of({ stage: 'computing' }), true)).toBe('Computing a shard.');
  });

  it('say when an unreachable coordinator is tried again, as a sentence', () => {
    const problem = { code: 'unreachable', message: '' } as const;
    const status = of({
      stage: 'connecting',
      detail: 'cannot reach the coordinator; trying again in 8 s',
      problem,
    });
    expect(statusSentence(status, true)).toBe('Cannot reach the coordinator; trying again in 8 s.');
  });

  it('tell uploading from being checked', () => {
    expect(statusSentence(of({ stage: 'uploading', progress: 0.9 }), true)).toContain('Uploading');
    expect(statusSentence(of({ stage: 'uploading', progress: 1 }), true)).toContain('checking every number');
  });

  it('name the browsers that have WebGPU', () => {
    const { advice } = problemText({ code: 'no-webgpu', message: 'navigator.gpu is undefined' });
    for (const browser of ['Chrome or Edge 113', 'Safari 26', 'Firefox 141', 'Windows', '145', 'macOS']) {
      expect(advice).toContain(browser);
    }
  });

  it('let a problem that they do not know speak for itself, and are never empty', () => {
    expect(problemText({ code: 'bad-signature', message: 'its key is another one' }).advice).toBe(
      'Its key is another one.',
    );
    const codes: ErrorCode[] = ['internal', 'locked', 'gpu-wrong', 'port-in-use', 'out-of-memory'];
    for (const code of codes) {
      const { title, advice } = problemText({ code, message: '' });
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(advice).toMatch(/\.$/);
    }
    expect(problemText({ code: 'gpu-lost', message: 'device lost: unknown' }).detail).toBe(
      'Device lost: unknown.',
    );
    expect(problemText(undefined).title).toBe('Something went wrong');
  });

  it('promise the memory and the disk that are really asked for', () => {
    const [, uses] = invitation(DEFAULT_MEMORY_BYTES, 0);
    expect(uses).toContain('up to 512 MiB of GPU memory, some electricity');
    expect(invitation(1024 * MIB, 256 * MIB)[1]).toContain(
      'up to 1 GiB of GPU memory, up to 256 MiB of disk,',
    );
  });

  it('sum up a visit with and without a shard', () => {
    expect(summary(of({}))).toContain('nothing is lost');
    expect(summary(of({ shardsVerified: 2, multiplyAddsVerified: 1.5e9, microcredits: 1_500_000n }))).toBe(
      'You gave 3.00 GFLOP of verified work and earned 1.500000 credit. Thank you.',
    );
  });

  it('shorten a contributor’s id and leave a short one whole', () => {
    expect(shortId('12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f')).toBe('12D3KooW…h9Qx2f');
    expect(shortId('abc')).toBe('abc');
  });

  it('tell in the tab’s title what goes on', () => {
    expect(pageTitle(false, STOPPED)).toBe('Tilework');
    expect(pageTitle(true, of({ stage: 'computing', shardsVerified: 3 }))).toBe('3 verified · Tilework');
    expect(pageTitle(false, of({ stage: 'failed' }))).toBe('Needs attention · Tilework');
  });
});

describe('the numbers', () => {
  it('count two floating-point operations for each multiply-add, and a speed only once there is one', () => {
    const rows = statRows(of({ multiplyAddsVerified: 6.15e9, bytesDown: 1024, bytesUp: 512 }));
    expect(rows).toEqual([
      { name: 'Verified work', value: '12.3 GFLOP' },
      { name: 'Credit', value: '0.000000' },
      { name: 'GPU speed', value: '–' },
      { name: 'Data moved', value: '1.50 KiB', notes: ['1.00 KiB in', '512 B out'] },
    ]);
    expect(flopsPerSecond(5e11)).toBe('1.00 TFLOP/s');
  });

  it('show the account’s balance only when it is more than this session’s credit', () => {
    const credit = (microcredits: bigint, balanceMicrocredits: bigint) =>
      statRows(of({ microcredits, balanceMicrocredits }))[1]?.notes;
    expect(credit(5n, 5n)).toBeUndefined();
    expect(credit(5n, 1_000_005n)).toEqual(['1.000005 in all']);
  });

  it('never claim a whole shard early', () => {
    expect(percent(0.999)).toBe('99 %');
    expect(percent(-1)).toBe('0 %');
    expect(percent(7)).toBe('100 %');
  });
});

describe('the stage bar', () => {
  it('has exactly one current step in every running stage and none otherwise', () => {
    const steps = Object.keys(STAGE_LABEL) as (keyof typeof STAGE_LABEL)[];
    for (const stage of STAGES) {
      const current = steps.filter((step) => markOf(step, stage, 0.5).mark === 'current');
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
        detail: `trying again in ${seconds} s`,
        problem: { code: 'unreachable', message: '' },
      });
    expect(announcement(at(1), true)).toBe(announcement(at(60), true));
  });
});

describe('the settings', () => {
  it('are read from the address', () => {
    expect(readSettings('?software=allow&memory=256&intensity=50&coordinator=/a&coordinator=/b')).toEqual({
      allowSoftware: true,
      memoryBytes: 256 * MIB,
      intensity: 0.5,
      diskBytes: 1024 * MIB,
      namedCoordinators: ['/a', '/b'],
    });
  });

  it('keep memory within bounds and ignore what is not a number', () => {
    const memory = (text: string): number => readSettings(`?memory=${text}`).memoryBytes / MIB;
    expect([memory('1'), memory('999999')]).toEqual([64, 4096]);
    for (const bad of ['', '-5', '1e3', '0x100', 'lots', '12345678901']) expect(memory(bad)).toBe(512);
  });

  it('keep the intensity between 5 and 100 %, and ignore what is not a number', () => {
    const intensity = (text: string): number => readSettings(`?intensity=${text}`).intensity;
    expect(['0', '4', '5', '37', '100', '900'].map(intensity)).toEqual([0.05, 0.05, 0.05, 0.37, 1, 1]);
    for (const bad of ['', '-5', '0.5', '50%', 'half']) expect(intensity(bad)).toBe(1);
  });

  it('take the disk from the address, else from what was chosen before, within bounds', () => {
    const kept = (value: string | null) => ({ getItem: () => value });
    const disk = (search: string, value: string | null = null): number =>
      readSettings(search, kept(value)).diskBytes / MIB;
    expect([disk('?disk=0', '5'), disk('?disk=300'), disk('?disk=999999')]).toEqual([0, 300, 8192]);
    expect([disk('', '0'), disk('', String(512 * MIB)), disk('', '999999999999')]).toEqual([0, 512, 8192]);
    for (const bad of ['', '-1', '1e9', 'lots']) expect(disk(`?disk=${bad}`, bad)).toBe(1024);
    expect(readSettings('').diskBytes).toBe(1024 * MIB);
  });

  it('remember the disk for the next visit, where a page may keep anything', () => {
    const kept = new Map<string, string>();
    rememberDisk(256 * MIB, { setItem: (key, value) => void kept.set(key, value) });
    expect(readSettings('', { getItem: (key) => kept.get(key) ?? null }).diskBytes).toBe(256 * MIB);
    const refused = {
      setItem: () => {
        throw new DOMException('no', 'QuotaExceededError');
      },
    };
    expect(() => rememberDisk(0, refused)).not.toThrow();
    expect(() => rememberDisk(0, undefined)).not.toThrow();
    const closed = {
      get localStorage(): Storage {
        throw new DOMException('no', 'SecurityError');
      },
    };
    expect(storageOf(closed as unknown as typeof globalThis)).toBeUndefined();
  });

  it('never allow a software adapter by anything but the word', () => {
    for (const search of ['', '?software', '?software=1', '?software=ALLOW']) {
      expect(readSettings(search).allowSoftware).toBe(false);
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
    const sheets = ['page.css', 'panel.css', 'wall.css', 'intensity.css'].map((name) =>
      readFile(`src/page/${name}`, 'utf8'),
    );
    const css = (await Promise.all(sheets)).join('');
    expect(css).not.toMatch(/url\(|@import|@font-face/);
  });
});
