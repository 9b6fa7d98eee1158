/** Where a coordinator is killed, and how each place is reached. */
import { type Rng, randomInt } from '../../src/core/rng.ts';
import type { Fault } from './child.ts';

export const POINTS = [
  'anywhere',
  'settle',
  'torn-write',
  'sync',
  'lease',
  'finish',
  'ingest',
  'upload',
  'download',
  'start',
  'migration',
] as const;
export type Point = (typeof POINTS)[number];

/** How often, of all kills. */
const WEIGHTS: Readonly<Record<Point, number>> = {
  anywhere: 4,
  settle: 6,
  'torn-write': 3,
  sync: 3,
  lease: 2,
  finish: 2,
  ingest: 2,
  upload: 2,
  download: 2,
  start: 3,
  migration: 1,
};

export function choosePoint(rng: Rng): Point {
  let left = rng.float() * POINTS.reduce((sum, point) => sum + WEIGHTS[point], 0);
  for (const point of POINTS) {
    left -= WEIGHTS[point];
    if (left < 0) return point;
  }
  return 'anywhere';
}

/** A settlement is some ten statements of four or five messages each; its commit is the last. */
const SETTLE_MESSAGES = 60;
const START_MESSAGES = 40;
const MIGRATION_MESSAGES = 150;

/** What to tell the child; undefined where the parent has to find the moment. */
export function faultAt(point: Point, rng: Rng): Fault | undefined {
  switch (point) {
    case 'settle':
      return { after: 'insert into "shards"', count: 'query', at: randomInt(rng, SETTLE_MESSAGES) };
    case 'torn-write':
      return { after: 'insert into "cells"', count: 'write', at: 1 + randomInt(rng, 3), torn: true };
    case 'sync':
      return { after: 'insert into "postings"', count: 'sync', at: 1 + randomInt(rng, 2) };
    case 'lease':
      return { after: 'insert into "leases"', count: 'query', at: randomInt(rng, 6) };
    case 'finish':
      return { after: 'update "jobs"', count: 'query', at: randomInt(rng, 6) };
    case 'ingest':
      return { count: 'block', at: 1 + randomInt(rng, 12), torn: rng.float() < 0.5 };
    case 'start':
      return startFault(rng, START_MESSAGES);
    case 'migration':
      return startFault(rng, MIGRATION_MESSAGES);
    case 'anywhere':
    case 'upload':
    case 'download':
    default:
      return undefined;
  }
}

/** Armed from the first instant of a process: PGlite recovers, migrations run, jobs are taken up. */
function startFault(rng: Rng, messages: number): Fault {
  const kind = randomInt(rng, 3);
  if (kind === 0) return { count: 'query', at: 1 + randomInt(rng, messages) };
  if (kind === 1) return { count: 'write', at: 1 + randomInt(rng, 40), torn: rng.float() < 0.5 };
  return { count: 'sync', at: 1 + randomInt(rng, 12) };
}
