import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { type Choice, Tuner, type TunerOptions, type TuningStore } from '../../src/gpu/tuner.ts';
import { type Horse, Stable, wrong } from './stable.ts';

const BUDGET_MS = 650;
const PLACE = 'here/i8/square';

/** A store in memory that counts. */
class Kept implements TuningStore {
  readonly entries = new Map<string, unknown>();
  saves = 0;

  load = async (key: string): Promise<unknown> => this.entries.get(key);
  save = async (key: string, choice: Choice): Promise<void> => {
    this.saves += 1;
    this.entries.set(key, structuredClone(choice));
  };
}

/** A page's visit: a tuner over these kernels. */
class Visit extends Stable {
  readonly tuner: Tuner;
  tracks = 0;

  constructor(horses: Record<string, Horse>, store?: TuningStore, change: Partial<TunerOptions> = {}) {
    super(horses);
    this.tuner = new Tuner({
      clock: this.clock,
      candidates: () => Object.keys(this.horses),
      load: this.load,
      prove: this.prove,
      track: (_, __, run) => {
        this.tracks += 1;
        return run(this.lap);
      },
      ...(store && { kept: { store, key: 'here' } }),
      ...change,
    });
  }

  async tune(): Promise<string> {
    await this.during(this.tuner.tune('i8', 'square', BUDGET_MS));
    return this.tuner.kernel('i8', 'square');
  }

  proveAgain = (): Promise<void> => this.during(this.tuner.proveChosen('i8', BUDGET_MS));
}

const THREE = (): Record<string, Horse> => ({ a: { rates: [10] }, b: { rates: [40] }, c: { rates: [20] } });
const CHOICE: Choice = { kernel: 'b', rates: { a: 10, b: 40, c: 20 } };

/** A store that holds this. */
function holding(value: unknown): Kept {
  const store = new Kept();
  store.entries.set(PLACE, value);
  return store;
}

describe('the first visit', () => {
  it('races, and keeps the choice with all rates', async () => {
    const store = new Kept();
    expect(await new Visit(THREE(), store).tune()).toBe('b');
    expect(Array.from(store.entries)).toEqual([[PLACE, CHOICE]]);
  });

  it('serves the most promising kernel before there is a choice, and the proven one for other shapes after', async () => {
    const visit = new Visit(THREE());
    expect(visit.tuner.kernel('i8', 'flat')).toBe('a');
    await visit.tune();
    expect(visit.tuner.kernel('i8', 'flat')).toBe('b');
    expect(visit.tuner.kernel('f32', 'flat')).toBe('a');
  });

  it('proves a single candidate without a race', async () => {
    const visit = new Visit({ a: { rates: [10] } }, new Kept());
    expect(await visit.tune()).toBe('a');
    expect(visit.log).toEqual(['load a', 'prove a']);
    const bad = new Visit({ a: { rates: [10], fault: wrong('a') } });
    await expect(bad.tune()).rejects.toMatchObject({ code: 'gpu-wrong' });
  });

  it('says so when there is no candidate at all', async () => {
    const visit = new Visit({});
    expect(() => visit.tuner.kernel('i8', 'square')).toThrow('no kernel for i8 square');
    await expect(visit.tune()).rejects.toMatchObject({ code: 'internal' });
  });

  it('runs one race for all who ask at once, and none for those who ask later', async () => {
    const visit = new Visit(THREE());
    await Promise.all([visit.tune(), visit.tune(), visit.tune()]);
    expect([visit.tracks, visit.count('load')]).toEqual([1, 3]);
    await visit.tune();
    expect(visit.tracks).toBe(1);
  });

  it('tries again after a race that failed', async () => {
    const visit = new Visit({
      a: { rates: [1], fault: new AppError('gpu-lost', 'gone') },
      b: { rates: [2] },
    });
    await expect(visit.tune()).rejects.toMatchObject({ code: 'gpu-lost' });
    visit.horses['a'] = { rates: [1] };
    expect(await visit.tune()).toBe('b');
  });

  it('does without a store that never answers', async () => {
    const store: TuningStore = { load: () => new Promise(() => {}), save: () => new Promise(() => {}) };
    expect(await new Visit(THREE(), store).tune()).toBe('b');
  });

  it('does without a store that fails, whatever it does', async () => {
    const failing: TuningStore = {
      load: () => Promise.reject(new Error('a private window')),
      save: () => Promise.reject(new Error('the disk is full')),
    };
    expect(await new Visit(THREE(), failing).tune()).toBe('b');
  });
});

describe('the next visit', () => {
  it('uses the kept choice without a race, after its known answers and a lap', async () => {
    const store = holding(CHOICE);
    const visit = new Visit(THREE(), store);
    expect(await visit.tune()).toBe('b');
    expect(visit.log).toEqual(['load b', 'prove b', 'lap b']);
    expect(store.saves).toBe(0);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a word', 'b'],
    ['no rates', { kernel: 'b' }],
    ['no kernel', { rates: { b: 40 } }],
    ['a kernel that is none', { kernel: 7, rates: { 7: 40 } }],
    ['rates that are none', { kernel: 'b', rates: { a: 10, b: '40', c: 20 } }],
    ['a rate that is not a number', { kernel: 'b', rates: { a: 10, b: Number.NaN, c: 20 } }],
    ['no rate of its own', { kernel: 'b', rates: { a: 10, c: 20 } }],
    ['a rate of zero', { kernel: 'b', rates: { a: 10, b: 0, c: 20 } }],
    ['a kernel of another build', { kernel: 'z', rates: { z: 99 } }],
  ])('races when the store holds %s', async (_, value) => {
    const store = holding(value);
    const visit = new Visit(THREE(), store);
    expect(await visit.tune()).toBe('b');
    expect([visit.count('load'), store.saves]).toEqual([3, 1]);
    expect(store.entries.get(PLACE)).toEqual(CHOICE);
  });

  it('races among all others when the kept kernel is wrong by now', async () => {
    const store = holding(CHOICE);
    const visit = new Visit({ ...THREE(), b: { rates: [40], fault: wrong('b') } }, store);
    expect(await visit.tune()).toBe('c');
    expect(store.entries.get(PLACE)).toEqual({ kernel: 'c', rates: { a: 10, b: 0, c: 20 } });
  });

  it('races among all others when the kept kernel may not serve any more', async () => {
    const { b: _, ...left } = THREE();
    const visit = new Visit(left, holding(CHOICE));
    expect(await visit.tune()).toBe('c');
  });

  it.each([
    ['twice as slow', 19],
    ['twice as fast', 81],
  ])('races again when the kept kernel is more than %s', async (_, rate) => {
    const store = holding(CHOICE);
    const visit = new Visit({ ...THREE(), b: { rates: [rate] } }, store);
    await visit.tune();
    expect([visit.count('load a'), store.saves]).toEqual([1, 1]);
  });

  it('forgives a slow first lap: an idle GPU has to wake up', async () => {
    const store = holding(CHOICE);
    const visit = new Visit({ ...THREE(), b: { rates: [5, 15, 38] } }, store);
    expect(await visit.tune()).toBe('b');
    expect([visit.count('lap b'), visit.count('load a'), store.saves]).toEqual([3, 0, 0]);
  });

  it('lets those for which there was no time race against the winner once they are compiled, and forgets nobody', async () => {
    const store = holding({ kernel: 'b', rates: { a: 10, b: 40 } });
    const visit = new Visit({ ...THREE(), c: { rates: [60] } }, store);
    expect(await visit.tune()).toBe('b');
    expect([visit.count('load a'), visit.count('load c')]).toEqual([0, 0]);
    await visit.during(visit.tuner.compileAhead());
    expect(await visit.tune()).toBe('c');
    expect(visit.count('lap a')).toBe(0);
    expect(store.entries.get(PLACE)).toEqual({ kernel: 'c', rates: { a: 10, b: 40, c: 60 } });
  });

  it('takes no speed for a change of the adapter where speeds are not the adapter’s own', async () => {
    const visit = new Visit({ ...THREE(), b: { rates: [4] } }, holding(CHOICE), { steady: false });
    expect(await visit.tune()).toBe('b');
    expect(visit.log).toEqual(['load b', 'prove b']);
  });

  it('serves there with the first that is right, and lets the others race when they are compiled', async () => {
    const store = new Kept();
    const unsteady = { ...THREE(), a: { rates: [10], fault: wrong('a') }, b: { rates: [5] } };
    const visit = new Visit(unsteady, store, { steady: false });
    expect(await visit.tune()).toBe('b');
    expect(visit.count('load c')).toBe(0);
    expect(store.entries.get(PLACE)).toEqual({ kernel: 'b', rates: { a: 0, b: 5 } });
    await visit.during(visit.tuner.compileAhead());
    expect(await visit.tune()).toBe('c');
    const none = { a: { rates: [1], fault: wrong('a') }, b: { rates: [1], fault: wrong('b') } };
    await expect(new Visit(none, undefined, { steady: false }).tune()).rejects.toThrow('b');
  });

  it('compiles the kept choice ahead, whatever else may have been kept, and leaves what is wrong to the race', async () => {
    const visit = new Visit(THREE(), holding(CHOICE));
    await visit.during(visit.tuner.prepare('i8', 'square'));
    await visit.during(visit.tuner.prepare('f32', 'square'));
    expect(visit.log).toEqual(['load b']);
    const gone = new Visit(THREE(), holding({ ...CHOICE, kernel: 'gone', rates: { gone: 1 } }));
    await gone.during(gone.tuner.prepare('i8', 'square'));
    expect(gone.log).toEqual([]);
    const refused = { ...THREE(), b: { rates: [40], refusal: wrong('b') } };
    const worse = new Visit(refused, holding(CHOICE));
    await worse.during(worse.tuner.prepare('i8', 'square'));
    expect(await worse.tune()).toBe('c');
  });

  it('races among all when the winner is wrong by now and others had no time', async () => {
    const store = holding({ kernel: 'b', rates: { a: 10, b: 40 } });
    const faulty = { ...THREE(), b: { rates: [40], fault: wrong('b') }, c: { rates: [5] } };
    expect(await new Visit(faulty, store).tune()).toBe('a');
  });

  it('passes on the loss of the device while it looks at the kept kernel', async () => {
    const lost = new AppError('gpu-lost', 'gone');
    const visit = new Visit({ ...THREE(), b: { rates: [40], fault: lost } }, holding(CHOICE));
    await expect(visit.tune()).rejects.toBe(lost);
  });
});

describe('a second self-test', () => {
  it('asks for the known answers of what was chosen, and nothing else', async () => {
    const visit = new Visit(THREE());
    await visit.tune();
    visit.log.splice(0);
    await visit.proveAgain();
    expect(visit.log).toEqual(['load b', 'prove b']);
    await visit.during(visit.tuner.proveChosen('f32', BUDGET_MS));
    expect(visit.log).toHaveLength(2);
  });

  it('races again for what is wrong by now, one race with those who ask meanwhile', async () => {
    const store = new Kept();
    const visit = new Visit(THREE(), store);
    await visit.tune();
    visit.horses['b'] = { rates: [40], fault: wrong('b') };
    const before = visit.tracks;
    const proving = visit.tuner.proveChosen('i8', BUDGET_MS);
    await visit.clock.advance(6);
    const asked = visit.tuner.tune('i8', 'square', BUDGET_MS);
    await visit.during(Promise.all([proving, asked]));
    expect(visit.tuner.kernel('i8', 'square')).toBe('c');
    expect([visit.tracks - before, store.saves]).toEqual([1, 2]);
  });

  it('fails when nothing is right any more', async () => {
    const visit = new Visit(THREE());
    await visit.tune();
    for (const name of ['a', 'b', 'c']) visit.horses[name] = { rates: [1], fault: wrong(name) };
    await expect(visit.proveAgain()).rejects.toMatchObject({ code: 'gpu-wrong' });
  });
});

describe('kernels that compile slowly', () => {
  const SLOW = (): Record<string, Horse> => ({
    a: { rates: [10] },
    b: { rates: [40], compileMs: 2000 },
    c: { rates: [20], compileMs: 3000, refusal: wrong('c') },
  });
  /** Once compiled, loading takes no time. */
  async function compile(visit: Visit): Promise<void> {
    await visit.during(visit.tuner.compileAhead());
    for (const horse of Object.values(visit.horses)) delete horse.compileMs;
  }

  it('run against the winner once they are compiled, and nobody waits for them before', async () => {
    const store = new Kept();
    const visit = new Visit(SLOW(), store);
    expect(await visit.tune()).toBe('a');
    expect(await visit.tune()).toBe('a');
    expect(visit.tracks).toBe(1);
    await compile(visit);
    expect(await visit.tune()).toBe('b');
    expect(store.entries.get(PLACE)).toEqual({ kernel: 'b', rates: { a: 10, b: 40, c: 0 } });
  });

  it('are asked for once', async () => {
    const visit = new Visit(SLOW());
    await visit.tune();
    await compile(visit);
    await visit.tune();
    await compile(visit);
    const { tracks } = visit;
    await visit.tune();
    expect(visit.tracks).toBe(tracks);
    expect(visit.count('prove c')).toBe(0);
  });

  it('stop compiling when the device is lost', async () => {
    const visit = new Visit({ a: { rates: [10] }, b: { rates: [40], compileMs: 2000 } });
    await visit.tune();
    visit.horses['b']!.refusal = new AppError('gpu-lost', 'gone');
    await expect(compile(visit)).rejects.toMatchObject({ code: 'gpu-lost' });
    expect(await visit.tune()).toBe('a');
  });
});
