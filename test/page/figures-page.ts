/** In the browser, on another origin than the coordinator: follows its figures. */
import { systemClock } from '../../src/core/clock.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { Figures } from '../../src/page/figures.ts';
import { browserFigures } from '../../src/page/figures-network.ts';

let figures: Figures | undefined;

export function follow(base: string): void {
  figures = new Figures(browserFigures(base), systemClock, cryptoRng);
  figures.follow();
}

export function wake(): void {
  figures?.wake();
}

export function shown() {
  const { mosaic, live, network } = figures!.state;
  return {
    live,
    contributorsNow: network?.contributorsNow ?? -1,
    job: mosaic?.job ?? '',
    cellsVerified: mosaic?.cellsVerified ?? -1,
    owners: Array.from(mosaic?.owners ?? []),
  };
}

/** What each route answers, or the code of its error. */
export async function ask(id: string): Promise<unknown[]> {
  const { signal } = new AbortController();
  const asked = [
    figures!.network(signal).then(({ receipts }) => receipts.length),
    figures!.leaderboard('contributor', 'day', 10, signal).then(({ rows }) => rows.map(({ rank }) => rank)),
    figures!.contributor(id, signal).then(({ shards }) => shards),
    figures!.contributor('nobody', signal).then(({ shards }) => shards),
    figures!.projects(signal).then((projects) => projects.map(({ project }) => project)),
  ];
  const answers = await Promise.allSettled(asked);
  return answers.map((answer) =>
    answer.status === 'fulfilled' ? answer.value : (answer.reason as { code: string }).code,
  );
}
