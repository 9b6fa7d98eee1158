import { expect, it } from 'vitest';
import { runChaos } from '../chaos/chaos.ts';

const KILLS = 5;

it(`loses nothing, credits nothing twice and ends every job right, over ${KILLS} deaths by kill -9`, async () => {
  const points: string[] = [];
  const report = await runChaos({
    kills: KILLS,
    seed: 20_260_202,
    onKill: ({ point }) => points.push(point),
  });
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ kills: KILLS, lost: 0, doubleCredits: 0 });
  expect(new Set(points).size).toBeGreaterThan(2);
  // Something was there to be lost.
  expect(report.jobs).toBeGreaterThan(2);
  expect(report.receipts).toBeGreaterThan(5);
  expect(report.receipts).toBeLessThanOrEqual(report.shards);
  expect(report.checkpoints).toBeGreaterThan(KILLS);
}, 180_000); // some 15 seconds where nothing else runs
