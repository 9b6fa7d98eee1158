/** A coordinator that lies: what it names is refused with a reason, and honest work goes on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BLOCK_BYTES } from '../../src/matrix/blocks.ts';
import { MAX_K_I8 } from '../../src/matrix/dtype.ts';
import type { Product } from '../../src/protocol/signed.ts';
import type { Conversation } from '../contributor/conversation.ts';
import {
  type RigContributor,
  ScriptedCoordinator,
  quickBackend,
  startContributor,
} from '../contributor/rig.ts';
import { type BlockMap, type StoredProduct, storedProduct } from '../contributor/stored.ts';
import { cpuBackend } from '../contributor/with-backend.ts';
import { NOWHERE, cell, lie, list, oneBlock, put, sealAnything } from './lying-leases.ts';

let coordinator: ScriptedCoordinator;
let me: RigContributor;
let talk: Conversation;
let honest: StoredProduct;
const inner = cpuBackend();

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
  honest = await storedProduct('i8', 20, 10, 1500, coordinator.store);
  me = await startContributor(coordinator.addresses, {
    open: () => quickBackend({ destroy: async () => {} }, inner),
  });
  talk = await coordinator.connection(0);
  await talk.greet();
});

afterEach(async () => {
  await me.stop();
  await coordinator.close();
});

/** It computes for whoever behaves, and holds nothing of what it refused. */
async function worksOn(): Promise<void> {
  await talk.grant(honest.work);
  const committed = await talk.committed();
  expect(Array.from(await talk.values(committed.result.manifest))).toEqual(Array.from(honest.expected));
  expect((await inner.stats()).resultBytes).toBe(0);
  expect(coordinator.connections).toBe(1);
}

type Lying = (store: BlockMap) => Promise<Product>;

const wide = { dtype: 'f32', rows: 256 * 1024, cols: 256 * 1024 } as const;
const square = { dtype: 'i8', rows: 16, cols: 16 } as const;

const LIES: readonly [string, string, RegExp, Lying][] = [
  [
    'a K that overflows int32',
    'k-too-large',
    /K = 131072 is too large/,
    async (store) => {
      const a = await lie(store, { dtype: 'i8', rows: 16, cols: MAX_K_I8 + 1 });
      return cell(a, a);
    },
  ],
  [
    'the longest K there is',
    'too-large',
    /names \d+ blocks/,
    async (store) => {
      const a = await lie(store, { dtype: 'f32', rows: 1, cols: 0x7fffffff });
      return cell(a, a);
    },
  ],
  [
    'a million blocks',
    'too-large',
    /names 1049600 blocks/,
    async (store) => {
      const a = await lie(store, wide);
      return cell(a, a, { rowBlocks: 1024 });
    },
  ],
  [
    'the tallest operands there are, over nothing',
    'not-found',
    /no block 5c5c/,
    async (store) => {
      const a = await lie(store, { dtype: 'i8', rows: 0x7fffffff, cols: 16 });
      return cell(a, a, { rowBlock: 2 ** 23 - 32, rowBlocks: 32, colBlocks: 32 });
    },
  ],
  [
    'a rectangle beyond its operands',
    'bad-frame',
    /reaches beyond/,
    async (store) => cell(await lie(store, square), await lie(store, square), { rowBlocks: 1024 }),
  ],
  [
    'two number types',
    'bad-frame',
    /do not fit each other/,
    async (store) => cell(await lie(store, square), await lie(store, { ...square, dtype: 'f16' })),
  ],
  [
    'two lengths of K',
    'bad-frame',
    /do not fit each other/,
    async (store) => cell(await lie(store, square), await lie(store, { ...square, cols: 17 })),
  ],
  [
    'results as operands',
    'bad-frame',
    /do not fit each other/,
    async (store) => {
      const a = await lie(store, { ...square, dtype: 'i32' });
      return cell(a, a);
    },
  ],
  [
    'a whole block for a manifest',
    'bad-frame',
    /not a manifest/,
    async (store) => {
      const a = await put(store, new Uint8Array(BLOCK_BYTES).fill(3));
      return cell(a, a);
    },
  ],
  [
    'a manifest of no rows',
    'bad-frame',
    /impossible shape/,
    async (store) => {
      const a = await lie(store, { ...square, rows: 0 });
      return cell(a, a);
    },
  ],
  [
    'more entries than the shape has',
    'bad-frame',
    /wrong length/,
    async (store) => {
      const a = await lie(store, { ...square, root: await list(store, [NOWHERE, NOWHERE]) });
      return cell(a, a);
    },
  ],
  [
    'a tree that goes deeper than the shape',
    'bad-input',
    /has 32 bytes where 256 belong/,
    async (store) => {
      let node = await list(store, [NOWHERE]);
      for (let depth = 0; depth < 40; depth++) node = await list(store, [node]);
      const a = await lie(store, { ...square, root: node });
      return cell(a, a);
    },
  ],
  [
    'a tree whose root is its own manifest’s other operand',
    'bad-frame',
    /wrong length/,
    async (store) => {
      const b = await lie(store, square);
      return cell(await lie(store, { ...square, root: b }), b);
    },
  ],
  [
    'a block that is too short',
    'bad-input',
    /has 16 bytes where 256 belong/,
    async (store) => {
      const a = await oneBlock(store, square, new Uint8Array(16).fill(1));
      return cell(a, a);
    },
  ],
  [
    'a block that is too long',
    'bad-input',
    /has 262144 bytes where 256 belong/,
    async (store) => {
      const a = await oneBlock(store, square, new Uint8Array(BLOCK_BYTES).fill(1));
      return cell(a, a);
    },
  ],
  [
    'a block whose length no row has',
    'bad-input',
    /a block cannot have 7 bytes/,
    async (store) => {
      const a = await oneBlock(store, square, new Uint8Array(7).fill(1));
      return cell(a, a);
    },
  ],
  [
    'a C that is larger than the memory',
    'out-of-memory',
    /result memory/,
    async (store) => {
      const strip = await list(store, [await put(store, new Uint8Array(256 * 16).fill(1))]);
      const root = await list(store, Array<string>(32).fill(strip));
      const a = await lie(store, { dtype: 'i8', rows: 32 * 256, cols: 16, root });
      return cell(a, a, { rowBlocks: 32, colBlocks: 32 });
    },
  ],
];

describe('a lease over lies is declined, with the reason:', () => {
  it.each(LIES)('%s', async (_, code, reason, make) => {
    const work = await make(coordinator.store);
    const { lease } = await talk.grant(work);
    const declined = await talk.next('decline');
    expect(declined).toMatchObject({
      lease: lease.id,
      code,
      reason: expect.stringMatching(reason) as string,
    });
    expect(me.statuses.some(({ detail }) => reason.test(detail))).toBe(true);
    await worksOn();
  });

  it('more blocks of one step than there are pages', async () => {
    const store = coordinator.store;
    const strips: string[] = [];
    for (let i = 0; i < 64; i++) {
      strips.push(await list(store, [await put(store, new Uint8Array(256 * 16).fill(i + 1))]));
    }
    const a = await lie(store, { dtype: 'i8', rows: 64 * 256, cols: 16, root: await list(store, strips) });
    const b = await lie(store, {
      dtype: 'i8',
      rows: 256,
      cols: 16,
      root: await list(store, strips.slice(0, 1)),
    });
    const { lease } = await talk.grant(cell(a, b, { rowBlocks: 64 }));
    expect(await talk.next('decline')).toMatchObject({ lease: lease.id, code: 'out-of-memory' });
    await worksOn();
  });

  it('is asked for nothing more once the shape alone shows that it cannot be', async () => {
    const huge = await lie(coordinator.store, { dtype: 'i8', rows: 1 << 18, cols: 1 << 30 });
    await talk.grant(cell(huge, huge, { rowBlocks: 1024 }));
    expect(await talk.next('decline')).toMatchObject({ code: 'k-too-large' });
    expect(coordinator.store.asked).toEqual([huge]);
    await worksOn();
  });
});

describe('a lease whose own bytes are absurd', () => {
  it.each<[string, Partial<Product> & { readonly lastsMs?: number }]>([
    ['has no rows', { rowBlocks: 0 }],
    ['has no columns', { colBlocks: 0 }],
    ['overflows 32 bits', { rowBlock: 0xffffffff, rowBlocks: 0xffffffff, colBlocks: 0xffffffff }],
    ['has too many cells', { rowBlocks: 1025 }],
    ['lies outside the largest C', { rowBlock: 2 ** 23 }],
    ['never ends', { lastsMs: 10 ** 12 }],
    ['ended before it began', { lastsMs: -1 }],
  ])('is passed over with a word to the visitor when it %s', async (_, { lastsMs = 60_000, ...own }) => {
    const work = { ...honest.work, ...own };
    const lease = { contributor: me.peerId, work, lastsMs };
    await talk.say({ type: 'lease', envelope: await sealAnything(lease, coordinator.key) });
    await worksOn();
    expect(talk.unread('decline')).toBe(0);
    const said = me.statuses.map(({ detail }) => detail);
    expect(said.some((detail) => /shard|lease/.test(detail) && /cell|largest|lasts|end/.test(detail))).toBe(
      true,
    );
  });

  it('is passed over when it is signed by nobody', async () => {
    await talk.say({ type: 'lease', envelope: new Uint8Array(300).fill(9) });
    await worksOn();
    expect(me.statuses.some(({ detail }) => /not a message of ours/.test(detail))).toBe(true);
  });
});
