/** Where the coordinator's main thread spends its time: samples of V8's profiler, by what called them. Pure. */
import type { Profiler } from 'node:inspector';

export type Share = 'database' | 'crypto' | 'hashing' | 'network' | 'planning' | 'garbage' | 'other' | 'idle';
/** Of all samples, 0…1. */
export type Shares = Record<Share, number>;

/** The first that fits the nearest caller that any of them fits. */
const BY_PLACE: readonly (readonly [RegExp, Share])[] = [
  [/pglite|kysely|node_modules\/pg|src\/store\/(?!blocks|block-cache)|src\/ledger/, 'database'],
  [/src\/net\/(chacha|poly1305|noise)|libp2p-noise|src\/protocol\/(envelope|keys)|noble/, 'crypto'],
  [/sha2|hashing|src\/matrix\/manifest/, 'hashing'],
  [/src\/coordinator\/(scheduler|territor|partition|lease-pump|rectangle|holdings|job-plan)/, 'planning'],
  [
    /src\/net|libp2p|node_modules\/ws|node:(net|internal\/stream)|src\/protocol|uint8array|protons|it-/,
    'network',
  ],
];

export function sharesOf(profile: Profiler.Profile): Shares {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  const known = new Map<number, Share>();
  const placeOf = (id: number): Share => {
    const found = known.get(id);
    if (found) return found;
    const { functionName, url } = nodes.get(id)!.callFrame;
    const parent = parents.get(id);
    const share =
      SPECIAL.get(functionName) ??
      BY_PLACE.find(([pattern]) => pattern.test(url))?.[1] ??
      (parent === undefined ? 'other' : placeOf(parent));
    known.set(id, share);
    return share;
  };
  const shares: Shares = {
    database: 0,
    crypto: 0,
    hashing: 0,
    network: 0,
    planning: 0,
    garbage: 0,
    other: 0,
    idle: 0,
  };
  const samples = profile.samples ?? [];
  const deltas = profile.timeDeltas ?? [];
  const total = deltas.reduce((sum, us) => sum + us, 0);
  for (const [i, id] of samples.entries()) shares[placeOf(id)] += (deltas[i] ?? 0) / total;
  return shares;
}

const SPECIAL: ReadonlyMap<string, Share> = new Map([
  ['(idle)', 'idle'],
  ['(garbage collector)', 'garbage'],
]);
