import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes, fromHex, sha256, toHex, utf8 } from '../../src/core/bytes.ts';
import {
  EMPTY_ROOT,
  type ReadNodes,
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
  rootAt,
  rootOf,
  subtreesOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/protocol/merkle.ts';

/** The leaves of certificate-transparency's reference tests, and the roots of their first 1 to 8. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const MOST = 70;
const hashes = Array.from({ length: MOST }, (_, n) => leafHash(utf8.encode(`leaf ${n}`)));

/** RFC 6962's definition, word for word. */
async function naiveRoot(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(await naiveRoot(leaves.slice(0, k)), await naiveRoot(leaves.slice(k)));
}

/** Reads nodes of the tree over these leaves; a node that is not complete there does not exist. */
const reader =
  (leaves: readonly Uint8Array[]): ReadNodes =>
  (nodes) =>
    Promise.all(
      nodes.map(({ level, index }) => {
        const end = (index + 1) * 2 ** level;
        if (end > leaves.length) throw new Error(`read past the end: level ${level}, index ${index}`);
        return naiveRoot(leaves.slice(index * 2 ** level, end));
      }),
    );
const read = reader(hashes);
const roots = await Promise.all(Array.from({ length: MOST + 1 }, (_, n) => naiveRoot(hashes.slice(0, n))));

const size = (min: number) => fc.integer({ min, max: MOST });
/** [smaller, larger], both at least `min`. */
const twoSizes = (min: number) =>
  fc.tuple(size(min), size(min)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);

describe('a Merkle tree', () => {
  it('has the roots of RFC 6962’s test vectors', async () => {
    const leaves = LEAVES.map((hex) => leafHash(fromHex(hex)));
    for (const [at, root] of ROOTS.entries()) {
      expect(toHex(rootOf(leaves.slice(0, at + 1)))).toBe(root);
      expect(toHex(await rootAt(at + 1, reader(leaves)))).toBe(root);
    }
  });

  it('without leaves has the hash of nothing as its root', async () => {
    expect(toHex(rootOf([]))).toBe(toHex(await sha256(new Uint8Array(0))));
    expect(await rootAt(0, () => Promise.reject(new Error('nothing to read')))).toEqual(EMPTY_ROOT);
  });

  it('has the root that the definition gives, at every size', async () => {
    for (const [at, root] of roots.entries()) {
      expect(rootOf(hashes.slice(0, at))).toEqual(new Uint8Array(root));
      expect(await rootAt(at, read)).toEqual(new Uint8Array(root));
    }
  });

  it('never takes a leaf for a node', async () => {
    const pair = concatBytes([hashes[0]!, hashes[1]!]);
    expect(leafHash(pair)).not.toEqual(nodeHash(hashes[0]!, hashes[1]!));
  });

  it('of more than 2³² leaves is cut into subtrees without bit operators', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const nodes = subtreesOf(0, most);
    expect(nodes).toHaveLength(53);
    expect(nodes[0]).toEqual({ level: 52, index: 0 });
    expect(nodes.at(-1)).toEqual({ level: 0, index: most - 1 });
  });
});

describe('an inclusion proof', () => {
  it('holds for every leaf of every tree', async () => {
    await fc.assert(
      fc.asyncProperty(size(1), fc.nat(), async (of, seed) => {
        const index = seed % of;
        const proof = await inclusionProof(index, of, read);
        const claim = { leaf: hashes[index]!, index, size: of, root: roots[of]!, proof };
        expect(await verifyInclusion(claim)).toBe(true);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(of)));
      }),
      { numRuns: 150 },
    );
  });

  it('holds for nothing else: another leaf, index, size, root or path', async () => {
    await fc.assert(
      fc.asyncProperty(size(2), fc.nat(), fc.nat(), fc.nat(255), async (of, seed, at, bit) => {
        const index = seed % of;
        const other = (index + 1 + (at % (of - 1))) % of;
        const proof = await inclusionProof(index, of, read);
        const claim = { leaf: hashes[index]!, index, size: of, root: roots[of]!, proof };
        const flipped = proof.map((hash, n) => (n === at % proof.length ? flip(hash, bit) : hash));
        expect(await verifyInclusion({ ...claim, leaf: hashes[other]! })).toBe(false);
        expect(await verifyInclusion({ ...claim, index: other })).toBe(false);
        expect(await verifyInclusion({ ...claim, root: flip(claim.root, bit) })).toBe(false);
        expect(await verifyInclusion({ ...claim, root: roots[of - 1]! })).toBe(false);
        expect(await verifyInclusion({ ...claim, proof: flipped })).toBe(false);
        expect(await verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
        expect(await verifyInclusion({ ...claim, proof: [...proof, roots[1]!] })).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('is refused, not thrown at, when its numbers or hashes make no sense', async () => {
    const claim = { leaf: hashes[0]!, index: 0, size: 1, root: hashes[0]!, proof: [] };
    expect(await verifyInclusion(claim)).toBe(true);
    for (const index of [-1, 1, 0.5, NaN, 2 ** 53])
      expect(await verifyInclusion({ ...claim, index })).toBe(false);
    for (const of of [0, -1, NaN, Infinity])
      expect(await verifyInclusion({ ...claim, size: of })).toBe(false);
    expect(await verifyInclusion({ ...claim, proof: [new Uint8Array(31)] })).toBe(false);
    await expect(inclusionProof(5, 5, read)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('a consistency proof', () => {
  it('holds between any two sizes of one tree', async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes(0), async ([first, second]) => {
        const proof = await consistencyProof(first, second, read);
        const claim = { first, second, firstRoot: roots[first]!, secondRoot: roots[second]!, proof };
        expect(await verifyConsistency(claim)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('does not hold for a tree that forgot, changed or swapped a leaf', async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes(1), fc.nat(), async ([first, second], seed) => {
        const at = seed % first;
        const forks = [
          hashes.map((hash, n) => (n === at ? flip(hash, seed) : hash)),
          [...hashes.slice(0, at), ...hashes.slice(at + 1), hashes[at]!],
        ];
        for (const leaves of forks) {
          const forked = reader(leaves);
          const proof = await consistencyProof(first, second, forked);
          const secondRoot = await rootAt(second, forked);
          if (bytesEqual(secondRoot, roots[second]!)) continue; // the leaf moved to where it was
          const claim = { first, second, firstRoot: roots[first]!, secondRoot, proof };
          expect(await verifyConsistency(claim)).toBe(false);
          // Nor with the proof of the honest tree.
          const honest = await consistencyProof(first, second, read);
          expect(await verifyConsistency({ ...claim, proof: honest })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is refused when it is cut, longer, or has one bit changed', async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes(1), fc.nat(), fc.nat(255), async ([first, second], at, bit) => {
        fc.pre(first < second);
        const proof = await consistencyProof(first, second, read);
        const claim = { first, second, firstRoot: roots[first]!, secondRoot: roots[second]!, proof };
        const flipped = proof.map((hash, n) => (n === at % proof.length ? flip(hash, bit) : hash));
        expect(await verifyConsistency({ ...claim, proof: flipped })).toBe(false);
        expect(await verifyConsistency({ ...claim, proof: proof.slice(0, -1) })).toBe(false);
        expect(await verifyConsistency({ ...claim, proof: [...proof, roots[1]!] })).toBe(false);
        expect(await verifyConsistency({ ...claim, firstRoot: flip(claim.firstRoot, bit) })).toBe(false);
        expect(await verifyConsistency({ ...claim, secondRoot: flip(claim.secondRoot, bit) })).toBe(false);
        expect(await verifyConsistency({ ...claim, proof: [] })).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('never leads from a larger tree to a smaller one', async () => {
    const claim = { first: 8, second: 7, firstRoot: roots[8]!, secondRoot: roots[7]!, proof: [] };
    expect(await verifyConsistency(claim)).toBe(false);
    await expect(consistencyProof(8, 7, read)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

function flip(hash: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(hash);
  copy[(bit >> 3) % 32]! ^= 1 << (bit & 7);
  return copy;
}
