import { beforeEach, describe, expect, it } from 'vitest';
import type { LogView } from '../../src/contributor/api.ts';
import { type FetchLog, LogWatch, type Remembered } from '../../src/contributor/log-watch.ts';
import { AppError } from '../../src/core/errors.ts';
import { openCheckpoint } from '../../src/protocol/checkpoint.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { MemoryOfLogs, WrittenLog, envelopes } from './written-log.ts';

const MINUTE = 60_000;
const utf8 = new TextEncoder();

let key: SigningKey;
let coordinator: string;
let log: WrittenLog;
let memory: MemoryOfLogs;
let clock: FakeClock;

beforeEach(async () => {
  key = await generateKey();
  coordinator = peerIdOf(key);
  log = new WrittenLog(key);
  memory = new MemoryOfLogs();
  clock = new FakeClock();
});

interface Visit {
  readonly watch: LogWatch;
  readonly views: LogView[];
  readonly last: () => LogView | undefined;
  /** Lets so many minutes pass, every check coming to its end. */
  readonly wait: (minutes: number) => Promise<void>;
  /** The nth credit of the log, or another one in its place. */
  readonly credit: (i: number, story?: number) => Promise<void>;
}

async function visit(fetch: FetchLog = (...call) => log.fetch(...call)): Promise<Visit> {
  const watch = new LogWatch({ coordinator, fetch, memory, clock });
  const views: LogView[] = [];
  await watch.start((view) => void views.push(view));
  return {
    watch,
    views,
    last: () => views.at(-1),
    wait: async (minutes) => {
      for (let minute = 0; minute < minutes; minute++) {
        await clock.advance(MINUTE);
        await watch.settled();
      }
    },
    credit: (i, story) => watch.credited({ index: i, ...envelopes(i, story) }),
  };
}

const remembered = (): Remembered => memory.rows.get(coordinator) as Remembered;

describe('a log that grows', () => {
  it.each([0, 1, 2, 3, 255, 256, 257, 600])(
    'from %s leaves is checked, and every receipt is found in it',
    async (size) => {
      await log.grow(size);
      const { credit, last, wait } = await visit();
      for (const step of [1, 2, 300]) {
        const from = log.leaves.length;
        await log.grow(step);
        await credit(from);
        await credit(log.leaves.length - 1);
        await wait(1);
      }
      expect(last()).toEqual({ checked: 6, receipts: 6, size: size + 303, problem: undefined });
    },
  );

  it('is read again at most once a minute, however many receipts come', async () => {
    await log.grow(50);
    const { credit, last, wait } = await visit();
    for (let i = 0; i < 50; i++) await credit(i);
    expect(last()).toMatchObject({ checked: 0, receipts: 50 });
    await clock.advance(MINUTE - 1);
    expect(log.asked.filter((path) => path === 'checkpoint')).toHaveLength(1);
    await wait(1);
    expect(last()).toMatchObject({ checked: 50, receipts: 50 });
    expect(log.asked.filter((path) => path === 'checkpoint')).toHaveLength(2);
  });

  it('is read now and then without receipts, too, and never after the end', async () => {
    await log.grow(5);
    const { watch, views, wait } = await visit();
    await log.grow(5);
    await wait(30);
    expect(views.at(-1)).toMatchObject({ size: 10 });
    watch.stop();
    await wait(100);
    expect(clock.pending).toBe(0);
    expect(log.asked.filter((path) => path === 'checkpoint')).toHaveLength(2);
  });

  it('is not asked for tiles while it has not grown and nothing is looked for', async () => {
    await log.grow(300);
    await visit();
    await visit();
    expect(log.asked).toEqual(['checkpoint', 'checkpoint']);
  });

  it('may be shown as it was before by a cache: that proves nothing, and the newer one counts', async () => {
    await log.grow(300);
    const { last, wait } = await visit();
    log.instead.set('checkpoint', utf8.encode(await log.checkpoint(100)));
    for (let i = 0; i < 10; i++) await wait(30);
    expect(last()).toMatchObject({ size: 300, problem: undefined });
  });
});

describe('what it saw on an earlier visit', () => {
  it('counts on the next one: the checkpoint, and receipts that were not found yet', async () => {
    await log.grow(20);
    const first = await visit();
    await log.grow(1);
    await first.credit(20);
    first.watch.stop();
    const { last } = await visit();
    expect(last()).toEqual({ checked: 1, receipts: 1, size: 21, problem: undefined });
    expect(remembered().waiting).toEqual([]);
    expect((await openCheckpoint(remembered().note!, coordinator)).size).toBe(21);
  });

  it('is of one coordinator: that of another says nothing about it', async () => {
    await log.grow(3);
    await visit();
    const other = await generateKey();
    coordinator = peerIdOf(other);
    log = await new WrittenLog(other).grow(7, 1);
    expect((await visit()).last()).toMatchObject({ size: 7, problem: undefined });
    expect(memory.rows.size).toBe(2);
  });

  it('is not lost when receipts come before it has been read', async () => {
    await log.grow(20);
    (await visit()).watch.stop();
    const watch = new LogWatch({ coordinator, fetch: log.fetch, memory, clock });
    const early = watch.credited({ index: 4, ...envelopes(4) });
    const views: LogView[] = [];
    await Promise.all([early, watch.start((view) => void views.push(view))]);
    await clock.advance(MINUTE);
    await watch.settled();
    expect(views.at(-1)).toMatchObject({ checked: 1, size: 20, problem: undefined });
  });
});

describe('a forked log', () => {
  it.each([
    ['as long as before', 300, 300],
    ['longer', 300, 301],
    ['longer by far', 2, 700],
    ['one leaf after one', 1, 2],
    ['longer over a whole tile', 256, 512],
    ['shorter', 300, 70],
  ])('that is %s is told, with both signatures as evidence, for ever', async (_, before, after) => {
    await log.grow(before);
    const first = await visit();
    const evidence = [await log.checkpoint()];
    log = await new WrittenLog(key).grow(after, 1);
    if (after < before) {
      // To prove it, the longer history must be shown as well.
      evidence.push(await log.checkpoint());
      log.instead.set('checkpoint', utf8.encode(evidence[1]));
      const longer = await new WrittenLog(key).grow(before);
      const { fetch } = log;
      const { last } = await visit((path, how) =>
        path === 'checkpoint' ? fetch(path, how) : longer.fetch(path, how),
      );
      expect(last()).toMatchObject({ problem: 'forked' });
    } else {
      evidence.push(await log.checkpoint());
      await first.wait(30);
      expect(first.last()).toMatchObject({ problem: 'forked', size: before });
    }
    expect(remembered()).toMatchObject({ problem: 'forked', evidence });
    // It stays told, also when the log looks as before again.
    log = await new WrittenLog(key).grow(before);
    expect((await visit()).last()).toMatchObject({ problem: 'forked' });
    expect(remembered().evidence).toEqual(evidence);
  });

  it('is told when only one leaf in the middle is another', async () => {
    await log.grow(300);
    const { last, wait } = await visit();
    const changed = await new WrittenLog(key).grow(299);
    await changed.grow(1, 1);
    await changed.grow(5);
    log = changed;
    await wait(30);
    expect(last()).toMatchObject({ problem: 'forked' });
  });
});

describe('a receipt that is not in the log', () => {
  it('because another one stands there is told, for ever', async () => {
    await log.grow(300);
    const { credit, last, wait } = await visit();
    await credit(10);
    await credit(20, 1);
    await wait(1);
    expect(last()).toMatchObject({ checked: 1, receipts: 2, problem: 'missing' });
    expect(remembered()).toMatchObject({ problem: 'missing', waiting: [{ index: 20 }] });
    expect((await visit()).last()).toMatchObject({ problem: 'missing' });
  });

  it('because two were given one place is told', async () => {
    await log.grow(30);
    const { credit, last, wait } = await visit();
    await credit(10);
    await credit(10, 1);
    await wait(1);
    expect(last()).toMatchObject({ checked: 1, problem: 'missing' });
  });

  it('because the log is not that long yet is waited for, told after five minutes, and forgiven when it comes', async () => {
    await log.grow(3);
    const { credit, last, wait } = await visit();
    await credit(3);
    await wait(4);
    expect(last()).toMatchObject({ checked: 0, receipts: 1, problem: undefined });
    await wait(1);
    expect(last()).toMatchObject({ problem: 'missing' });
    await log.grow(1);
    await wait(1);
    expect(last()).toEqual({ checked: 1, receipts: 1, size: 4, problem: undefined });
    expect(remembered().problem).toBeUndefined();
  });
});

describe('what proves nothing', () => {
  const garbage = Uint8Array.from({ length: 8192 }, (_, i) => (i * 31) & 255);

  it.each<[string, () => void]>([
    ['a network that is down', () => log.instead.set('checkpoint', new AppError('unreachable', 'down'))],
    ['a site without a log', () => log.instead.set('checkpoint', new AppError('not-found', 'none'))],
  ])('%s is retried without a word, for ever', async (_, spoil) => {
    await log.grow(3);
    spoil();
    const { views, credit, wait } = await visit();
    await wait(200);
    expect(views).toEqual([]);
    await credit(1);
    await wait(100);
    expect(views.at(-1)).toMatchObject({ checked: 0, receipts: 1, problem: undefined });
    log.instead.clear();
    await wait(5);
    expect(views.at(-1)).toMatchObject({ checked: 1, receipts: 1, size: 3 });
  });

  it.each<[string, () => Promise<void> | void]>([
    [
      'a checkpoint of another key',
      async () =>
        void log.instead.set('checkpoint', utf8.encode(await log.checkpoint(300, await generateKey()))),
    ],
    ['a checkpoint that is none', () => void log.instead.set('checkpoint', garbage)],
    ['an endless checkpoint', () => void log.instead.set('checkpoint', new Uint8Array(1 << 20))],
    ['tiles of noise', () => void log.instead.set('tile/0/001.p/44', garbage.slice(0, 44 * 32))],
    ['tiles that are too long', () => void log.instead.set('tile/0/001.p/44', garbage)],
    ['tiles that are not there', () => void log.instead.set('tile/0/000', new AppError('not-found', 'gone'))],
  ])('%s never looks like a fork; after five times it is said, until it is mended', async (_, spoil) => {
    await log.grow(100);
    const { last, credit, wait } = await visit();
    await log.grow(200);
    await credit(299);
    await spoil();
    await wait(17);
    expect(last()).toMatchObject({ checked: 0, problem: undefined });
    await wait(5);
    expect(last()).toMatchObject({ problem: 'unverifiable', size: 100 });
    expect(remembered().problem).toBeUndefined();
    log.instead.clear();
    await wait(5);
    expect(last()).toEqual({ checked: 1, receipts: 1, size: 300, problem: undefined });
  });

  it('storage that is full or forbidden costs only what outlives the visit', async () => {
    memory.broken = true;
    await log.grow(30);
    const { credit, last, wait } = await visit();
    await credit(7);
    await wait(1);
    expect(last()).toMatchObject({ checked: 1, size: 30 });
    log = await new WrittenLog(key).grow(31, 1);
    await wait(30);
    expect(last()).toMatchObject({ problem: 'forked' });
  });

  it.each([['noise'], [{ note: 'noise', waiting: [] }], [{ note: 7, waiting: 'none' }], [null]])(
    'a memory that holds %j is as good as none',
    async (row) => {
      memory.rows.set(coordinator, row);
      await log.grow(30);
      expect((await visit()).last()).toMatchObject({ size: 30, problem: undefined });
    },
  );

  it('receipts beyond a thousand are let go, the oldest first', async () => {
    await log.grow(3);
    log.instead.set('checkpoint', new AppError('unreachable', 'down'));
    const { credit, last, wait } = await visit();
    for (let i = 0; i < 1100; i++) await credit(i);
    expect(last()).toMatchObject({ receipts: 1024 });
    await wait(1);
    expect(remembered().waiting).toHaveLength(1024);
  });
});
