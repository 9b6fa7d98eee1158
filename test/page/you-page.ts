/** In the browser: the four elements about the visitor, loaded as the page loads them, over a key store of this profile. */
import pageStyle from '../../src/page/page.css?inline';
import type { NameAnswer, PublicName } from '../../src/contributor/api.ts';
import { loadIdentity } from '../../src/contributor/identity.ts';
import type { ContributorFiguresView, LeaderboardView, ProjectView } from '../../src/core/v1-figures.ts';
import { mosaicFrom } from '../../src/page/mosaic-state.ts';
import { NO_HISTORY, type SpeedHistory, record } from '../../src/page/speed-history.ts';
import { youDe } from '../../src/page/strings-you-de.ts';
import { youEn } from '../../src/page/strings-you-en.ts';
import { peerIdOf } from '../../src/protocol/keys.ts';

const sheet = new CSSStyleSheet();
sheet.replaceSync(pageStyle);
document.adoptedStyleSheets = [sheet];

/** As names and projects may be chosen by somebody who means harm. */
const HOSTILE = '<img src=x onerror=document.title=1>';
const YOU = '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f';
/** A Monday evening, so that pictures are the same every day. */
const NOW = Date.parse('2026-11-23T19:47:00Z');

/** What was handed to the browser's downloads, and what was said by events. */
const saved: { name: string; text: string; type: string }[] = [];
const told: { type: string; detail: unknown }[] = [];

const urls = new Map<string, Blob>();
const make = URL.createObjectURL.bind(URL);
URL.createObjectURL = (blob: Blob): string => {
  const url = make(blob);
  urls.set(url, blob);
  return url;
};
HTMLAnchorElement.prototype.click = function click(): void {
  const blob = urls.get(this.href)!;
  void blob.text().then((text) => saved.push({ name: this.download, text, type: blob.type }));
};

function history(): SpeedHistory {
  let speeds = NO_HISTORY;
  for (let minute = 0; minute < 1440; minute++) {
    const rests = (minute > 500 && minute < 560) || (minute > 1400 && minute < 1412);
    if (minute < 200 || rests) continue;
    const flops = 4.1e11 + 3e10 * Math.sin(minute / 40) + 2e10 * Math.sin(minute * 7.7);
    speeds = record(speeds, NOW - (1439 - minute) * 60_000, minute < 700 ? flops : flops * 0.55);
  }
  return speeds;
}

const row = (rank: number, contributor: string, name: string, team: string, microcredits: string) => ({
  rank,
  contributor,
  name,
  team,
  members: 1,
  shards: 900 - rank,
  multiplyAdds: 1e15,
  microcredits,
});
const BOARD: LeaderboardView = {
  by: 'contributor',
  window: 'all',
  rows: [
    row(1, `${YOU.slice(0, -3)}111`, 'Grace', 'Night owls', '9128400000'),
    row(2, `${YOU.slice(0, -3)}222`, HOSTILE, 'R&D', '8455100000'),
    row(3, YOU, 'Ada', 'Night owls', '1279045120'),
    row(4, `${YOU.slice(0, -3)}444`, '', '', '1111200000'),
  ],
};
const work = (shards: number, microcredits: string) => ({ shards, multiplyAdds: 1e12, microcredits });
const FIGURES: ContributorFiguresView = {
  contributor: YOU,
  name: 'Ada',
  team: 'Night owls',
  profile: null,
  rank: 3,
  ...work(897, '1279045120'),
  day: work(41, '58210000'),
  week: work(350, '499000000'),
};
const PROJECTS: readonly ProjectView[] = [
  {
    project: 'Handwritten digits',
    about: 'Nearest neighbours of all digits, for a lecture in Utrecht',
    jobsRunning: 2,
    cellsOpen: 300,
    cellsTotal: 900,
  },
  { project: HOSTILE, about: 'Text, and no markup', jobsRunning: 1, cellsOpen: 5, cellsTotal: 10 },
  {
    project: 'Protein folds',
    about: 'Similarity of shapes, University of Pisa',
    jobsRunning: 0,
    cellsOpen: 0,
    cellsTotal: 0,
  },
];
const MOSAIC = mosaicFrom({
  job: 'j',
  project: 'p',
  state: 'running',
  rows: 24,
  cols: 24,
  tileRows: 1,
  tileCols: 1,
  cells: Array.from({ length: 576 }, (_, tile) =>
    tile > 480 ? 0 : tile % 7 === 0 || (tile > 200 && tile < 230) ? 1 : 2 + (tile % 5),
  ).flatMap((owner) => [1, owner]),
  verified: null,
  contributors: [YOU, 'a', 'b', 'c', 'd', 'e'],
  version: 'e-1',
});

const main = document.createElement('main');
const title = document.createElement('h1');
title.textContent = 'Tilework';
main.append(title);
document.body.append(main);

export interface State {
  readonly language: 'en' | 'de';
  readonly dir: 'ltr' | 'rtl';
  /** Nothing done and nothing known yet. */
  readonly empty: boolean;
}

/** Fresh elements in place of those that stand there. */
export async function open({ language, dir, empty }: State): Promise<void> {
  await Promise.all([
    import('../../src/page/speed.ts'),
    import('../../src/page/you.ts'),
    import('../../src/page/projects.ts'),
    import('../../src/page/share.ts'),
  ]);
  const { grantKeyWish, keysNow } = await import('../../src/page/you-keys.ts');
  const strings = language === 'de' ? youDe : youEn;
  document.documentElement.lang = language;
  document.documentElement.dir = dir;
  const speed = document.createElement('tilework-speed');
  const you = document.createElement('tilework-you');
  const projects = document.createElement('tilework-projects');
  const share = document.createElement('tilework-share');
  for (const element of [speed, you, projects, share]) {
    element.strings = strings;
    for (const type of ['tilework-profile', 'tilework-key', 'tilework-projects'])
      element.addEventListener(type, (event) => told.push({ type, detail: (event as CustomEvent).detail }));
  }
  you.addEventListener('tilework-key', ({ detail }) => {
    void grantKeyWish(detail).then((keys) => (you.keys = keys));
  });
  you.keys = await keysNow();
  speed.now = NOW;
  if (!empty) {
    speed.history = history();
    Object.assign(you, { profile: { name: 'Ada', team: 'Night owls' }, figures: FIGURES, board: BOARD });
    you.answer = { state: 'kept', text: '' };
    Object.assign(projects, { projects: PROJECTS, chosen: ['Handwritten digits'] });
    Object.assign(share, {
      shards: 897,
      microcredits: 1_279_045_120n,
      mosaic: MOSAIC,
      you: YOU,
      name: HOSTILE,
    });
    share.address = 'tilework.example';
  }
  main.replaceChildren(title, speed, you, projects, share);
  await Promise.all([speed, you, projects, share].map((element) => element.updateComplete));
}

export async function answer(state: NameAnswer['state'] | undefined, text = ''): Promise<void> {
  const you = document.querySelector('tilework-you')!;
  you.answer = state && { state, text };
  await you.updateComplete;
}

export function profile(): PublicName | undefined {
  return document.querySelector('tilework-you')?.profile;
}

export function log() {
  return { saved, told };
}

/** The key that a session would begin with. */
export async function inUse(): Promise<string> {
  return peerIdOf(await loadIdentity());
}
