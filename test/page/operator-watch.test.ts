/** What the operator's console asks, shows and orders, without a browser. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import type { OperatorContributor, OperatorView } from '../../src/core/v1-operator.ts';
import { type OperatorNetwork, RefusedError } from '../../src/page/operator-network.ts';
import { type Order, inverse, requestOf } from '../../src/page/operator-orders.ts';
import { ratesBetween } from '../../src/page/operator-rates.ts';
import { type Column, arranged } from '../../src/page/operator-table.ts';
import { OperatorWatch } from '../../src/page/operator-watch.ts';
import { operatorDe } from '../../src/page/strings-operator-de.ts';
import { operatorEn } from '../../src/page/strings-operator-en.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const PEER = `12D3KooW${'a'.repeat(44)}`;

function contributor(change: Partial<OperatorContributor> = {}): OperatorContributor {
  return { contributor: PEER, sinceMs: 1, bytesDown: 0, bytesUp: 0, ...change } as OperatorContributor;
}

function view(change: Partial<OperatorView> = {}): OperatorView {
  const lists = { contributors: [], leases: [], jobs: [], failures: [], log: [] };
  const decided = { bans: [], pauses: [], hidden: [] };
  return { ...lists, ...decided, nowMs: 0, startedMs: 0, bytesSent: 0, bytesReceived: 0, ...change } as never;
}

function home(kept?: string) {
  const clock = new FakeClock();
  const asked: string[] = [];
  let answer = (): Promise<unknown> => Promise.resolve(view({ nowMs: clock.now() }));
  const network: OperatorNetwork = {
    get(path) {
      asked.push(path);
      return answer();
    },
    send({ method, path }) {
      asked.push(`${method} ${path}`);
      return answer().then(() => {});
    },
  };
  let token = kept;
  const place = {
    read: () => token,
    keep: (given: string | undefined) => {
      token = given;
    },
  };
  const watch = new OperatorWatch(network, clock, place);
  return {
    clock,
    asked,
    watch,
    token: () => token,
    answers: (next: () => Promise<unknown>) => {
      answer = next;
    },
  };
}

const fails = (error: AppError) => (): Promise<never> => Promise.reject(error);

describe('the console', () => {
  it('asks every two seconds while it is seen, and nothing while it is hidden', async () => {
    const { watch, clock, asked } = home('good');
    watch.start();
    await clock.advance(4100);
    expect(asked).toHaveLength(3);
    watch.stop();
    await clock.advance(60_000);
    expect(asked).toHaveLength(3);
    watch.start();
    await clock.advance(0);
    expect(asked).toHaveLength(4);
    watch.stop();
  });

  it('asks nothing before there is a token', async () => {
    const { watch, clock, asked, token } = home();
    watch.start();
    await clock.advance(10_000);
    expect([asked, watch.state.stage]).toEqual([[], 'asking']);
    watch.enter(' good ');
    await clock.advance(10);
    expect([watch.state.stage, token()]).toEqual(['live', 'good']);
    watch.stop();
  });

  it.each(['token', 'scope'] as const)('forgets a token that is refused for its %s', async (refusal) => {
    const { watch, clock, asked, answers, token } = home('bad');
    answers(fails(new RefusedError(refusal)));
    watch.start();
    await clock.advance(10_000);
    expect(watch.state).toMatchObject({ stage: 'asking', refusal });
    expect([token(), asked.length]).toEqual([undefined, 1]);
    watch.stop();
  });

  it('keeps the token where only the place is wrong, and tries when told', async () => {
    const { watch, clock, answers, token } = home('good');
    answers(fails(new RefusedError('place')));
    watch.start();
    await clock.advance(10_000);
    expect(watch.state.refusal).toBe('place');
    expect(token()).toBe('good');
    answers(() => Promise.resolve(view()));
    watch.again();
    await clock.advance(10);
    expect(watch.state.stage).toBe('live');
    watch.stop();
  });

  it('keeps what it heard when the coordinator goes, asks less often, and goes on when it is back', async () => {
    const { watch, clock, asked, answers } = home('good');
    watch.start();
    await clock.advance(100);
    answers(fails(new AppError('unreachable', 'gone')));
    await clock.advance(60_000);
    expect(watch.state.stage).toBe('stale');
    expect(watch.state.view).toBeDefined();
    expect(asked.length).toBeLessThan(12);
    answers(() => Promise.resolve(view()));
    await clock.advance(10_000);
    expect(watch.state.stage).toBe('live');
    watch.stop();
  });

  it('shows what an order came to, and takes it back with the reason that stood', async () => {
    const { watch, clock, asked, answers } = home('good');
    const bans = [{ contributor: PEER, reason: 'spam', sinceMs: 1 }];
    answers(() => Promise.resolve(view({ bans })));
    watch.start();
    await clock.advance(10);
    await watch.order({ action: 'unban', contributor: PEER }, '');
    expect(watch.state.done).toEqual({
      order: { action: 'unban', contributor: PEER },
      undo: { action: 'ban', contributor: PEER },
      undoReason: 'spam',
    });
    await watch.undo();
    expect(asked.filter((each) => each.includes(' '))).toEqual([
      `DELETE v1/operator/bans?contributor=${PEER}`,
      'POST v1/operator/bans',
    ]);
    answers(fails(new AppError('bad-input', 'this contributor is banned already')));
    await watch.order({ action: 'ban', contributor: PEER }, 'again');
    expect(watch.state).toMatchObject({ done: undefined, failed: 'this contributor is banned already' });
    watch.dismiss();
    expect(watch.state.failed).toBeUndefined();
    watch.stop();
  });
});

describe('orders', () => {
  const ALL: readonly Order[] = [
    { action: 'drain' },
    { action: 'ban', contributor: PEER },
    { action: 'pause', project: 'a & b' },
    { action: 'hide', kind: 'team', subject: 'R&D' },
  ];

  it('are taken back by their opposites, but for a cancelled job', () => {
    for (const order of ALL) expect(inverse(inverse(order)!)).toEqual(order);
    expect(inverse({ action: 'cancel', job: 'j', project: 'p' })).toBeUndefined();
  });

  it('name things in a way that survives a URL', () => {
    expect(requestOf({ action: 'resume', project: 'a & b/ü' }, '')).toEqual({
      method: 'DELETE',
      path: 'v1/operator/pauses?project=a+%26+b%2F%C3%BC',
    });
  });

  it('have a whole question and answer in every language', () => {
    for (const { order } of [operatorEn, operatorDe]) {
      for (const one of [
        ...ALL,
        ...ALL.map((each) => inverse(each)!),
        { action: 'cancel', job: 'j', project: 'p' } as const,
      ]) {
        const { title, about, button, done } = order(one, 'Ada');
        expect(title).toMatch(/\?$/);
        expect(about).toMatch(/\.$/);
        expect(done).toMatch(/\.$/);
        expect(button).toMatch(/^\p{Lu}/u);
      }
    }
  });
});

describe('rates', () => {
  const at = (nowMs: number, bytes: number, change: Partial<OperatorView> = {}): OperatorView =>
    view({ nowMs, bytesSent: bytes, contributors: [contributor({ bytesDown: bytes })], ...change });
  const NONE = ratesBetween(undefined, at(0, 0), undefined as never);

  it('are what was added, over the time between two looks', () => {
    expect(NONE.sent).toBeUndefined();
    const rates = ratesBetween(at(0, 100), at(2000, 5100), NONE);
    expect([rates.sent, rates.received, rates.of.get(PEER)]).toEqual([2500, 0, { down: 2500, up: 0 }]);
  });

  it('begin anew after a restart, and for a contributor that came again', () => {
    expect(ratesBetween(at(0, 100), at(2000, 5, { startedMs: 1 }), NONE).sent).toBeUndefined();
    const again = at(2000, 200, { contributors: [contributor({ sinceMs: 2 })] });
    expect(ratesBetween(at(0, 100), again, NONE).of.size).toBe(0);
  });
});

describe('a list', () => {
  const columns: Column<{ readonly name: string; readonly size: number }>[] = [
    { name: 'name', cell: ({ name }) => name, by: ({ name }) => name },
    { name: 'size', cell: ({ size }) => size, by: ({ size }) => size },
    { name: 'actions', cell: () => '' },
  ];
  const rows = [
    { name: 'job 10', size: 2 },
    { name: 'Job 9', size: 2 },
    { name: 'ärger', size: 1 },
  ];
  const names = (sorting: Parameters<typeof arranged>[2]): string[] =>
    arranged(rows, columns, sorting, 'de').map(({ name }) => name);

  it('is sorted as people count and spell, either way', () => {
    expect(names({ column: 'name', down: false })).toEqual(['ärger', 'Job 9', 'job 10']);
    expect(names({ column: 'name', down: true })).toEqual(['job 10', 'Job 9', 'ärger']);
    expect(names({ column: 'size', down: false })).toEqual(['ärger', 'job 10', 'Job 9']);
  });

  it('stays in its order where nothing sorts it', () => {
    expect(names(undefined)).toEqual(rows.map(({ name }) => name));
    expect(names({ column: 'actions', down: true })).toEqual(rows.map(({ name }) => name));
  });
});
