/** What is behind the forms of name and projects, and the card. Their elements: you-chromium.test.ts. */
import { describe, expect, it } from 'vitest';
import { assertNames } from '../../src/core/names.ts';
import type { LeaderboardView, ProjectView } from '../../src/core/v1-figures.ts';
import { MAX_CHOSEN, choicesOf, isResting } from '../../src/page/project-choice.ts';
import { wallOf } from '../../src/page/share-card.ts';
import { lookOf } from '../../src/page/mosaic-looks.ts';
import { mosaicFrom } from '../../src/page/mosaic-state.ts';
import { youDe } from '../../src/page/strings-you-de.ts';
import { youEn } from '../../src/page/strings-you-en.ts';
import { grantKeyWish, keysNow } from '../../src/page/you-keys.ts';
import { checkName } from '../../src/page/you-name.ts';
import { neighbours } from '../../src/page/you-rank.ts';
import { MAX_PROJECTS } from '../../src/protocol/limits.ts';

const project = (name: string, fields: Partial<ProjectView> = {}): ProjectView => ({
  project: name,
  about: '',
  jobsRunning: 1,
  cellsOpen: 30,
  cellsTotal: 40,
  ...fields,
});

describe('a name that somebody typed', () => {
  it('is sent as it can be shown, whatever was typed', () => {
    const typed = ['  Ada   L.\u200b ', '\u202eevil', 'e\u0301', '<b>&amp;</b>', '', ' ', 'שלום'];
    for (const name of typed) {
      const checked = checkName({ name, team: name }, youEn.name);
      expect(checked.faults).toEqual({});
      expect(() => assertNames(checked)).not.toThrow();
    }
    expect(checkName({ name: '  Ada   L.\u200b ', team: '' }, youEn.name)).toMatchObject({
      name: 'Ada L.',
      team: '',
    });
  });

  it('is refused field by field, in the words of the language', () => {
    const { faults } = checkName({ name: 'x'.repeat(41), team: 'a\u0332\u0333\u033f\u0347' }, youDe.name);
    expect(faults).toEqual({
      name: 'Name: mehr als 40 Zeichen.',
      team: 'Team: mehr als drei Akzente auf einem Buchstaben, oder einer, der allein steht.',
    });
    expect(checkName({ name: '𝄞'.repeat(40), team: '' }, youDe.name).faults).toEqual({});
  });
});

describe('the choice of projects', () => {
  it('shows those with work first, and what was chosen and is gone last', () => {
    const list = [project('idle', { jobsRunning: 0, cellsOpen: 0, cellsTotal: 0 }), project('digits')];
    const choices = choicesOf(list, ['away', 'idle']);
    expect(choices.map((each) => [each.project, each.state, each.chosen, each.percent])).toEqual([
      ['digits', 'running', false, 25],
      ['idle', 'idle', true, 0],
      ['away', 'gone', true, 0],
    ]);
    expect(isResting(choices)).toBe(true);
    expect(isResting(choicesOf(list, ['away', 'digits']))).toBe(false);
    expect(isResting(choicesOf(list, []))).toBe(false);
    expect(isResting(choicesOf(undefined, ['away']))).toBe(true);
  });

  it('is never more done than all of it', () => {
    const [odd] = choicesOf([project('odd', { cellsOpen: 50, cellsTotal: 40 })], []);
    expect(odd?.percent).toBe(0);
    expect(choicesOf([project('x', { about: 'x' })], [])[0]?.about).toBe('');
  });

  it('is no longer than what can be sent', () => {
    expect(MAX_CHOSEN).toBe(MAX_PROJECTS);
  });
});

describe('the list around a contributor', () => {
  const board = (...contributors: string[]): LeaderboardView => ({
    by: 'contributor',
    window: 'all',
    rows: contributors.map((contributor, i) => ({
      rank: i + 1,
      contributor,
      name: '',
      team: '',
      members: 1,
      shards: 1,
      multiplyAdds: 1,
      microcredits: '1',
    })),
  });

  it('is two of each side, fewer at the ends, and nothing for somebody who is alone or not in it', () => {
    const all = board('a', 'b', 'c', 'd', 'e', 'f');
    const who = (id: string): string =>
      neighbours(all, id)
        .map(({ contributor }) => contributor)
        .join('');
    expect([who('a'), who('d'), who('f'), who('z')]).toEqual(['abc', 'bcdef', 'def', '']);
    expect(neighbours(board('a'), 'a')).toEqual([]);
    expect(neighbours(undefined, 'a')).toEqual([]);
    expect(neighbours({ ...all, by: 'team' }, 'a')).toEqual([]);
  });
});

describe('the wall of the card', () => {
  it('is the product where there is one, else a tile for each shard', () => {
    const mosaic = mosaicFrom({
      job: 'j',
      project: 'p',
      state: 'running',
      rows: 1,
      cols: 2,
      tileRows: 1,
      tileCols: 1,
      cells: [1, 1, 1, 0],
      verified: null,
      contributors: ['ann'],
      version: 'e-1',
    });
    expect(Array.from(wallOf(mosaic, 'ann', 9).looks, (look) => lookOf(look).yours)).toEqual([true, false]);
    const { looks, layout } = wallOf(undefined, '', 3);
    expect(Array.from(looks).filter((look) => look > 0)).toHaveLength(3);
    expect(lookOf(looks[0]!)).toMatchObject({ yours: true, share: 1 });
    expect(Array.from(wallOf(undefined, '', 1e9).looks).every((look) => look > 0)).toBe(true);
    expect(layout.width).toBeLessThanOrEqual(502);
    expect(layout.height).toBeLessThanOrEqual(502);
  });
});

describe('a browser that keeps nothing', () => {
  it('says so, whatever is wished for', async () => {
    expect(await keysNow()).toEqual({ view: undefined });
    for (const wish of [{ action: 'undo' }, { action: 'save', note: '' }] as const)
      expect(await grantKeyWish(wish)).toEqual({ view: undefined, fault: 'failed' });
    expect(await grantKeyWish({ action: 'load', text: 'nothing' })).toEqual({
      view: undefined,
      fault: 'damaged',
    });
  });
});

describe('the texts', () => {
  it('are there in every language, and none is the other’s', () => {
    const flat = (value: unknown, path = ''): [string, unknown][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, each]) => flat(each, `${path}.${key}`))
        : [[path, value]];
    const [english, german] = [flat(youEn), flat(youDe)];
    expect(german.map(([path]) => path)).toEqual(english.map(([path]) => path));
    const shared = english.filter(([, text], i) => typeof text === 'string' && text === german[i]?.[1]);
    expect(shared.map(([path]) => path)).toEqual(['.name.name', '.name.team']);
  });
});
