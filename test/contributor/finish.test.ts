import { describe, expect, it } from 'vitest';
import { FinishWatch } from '../../src/contributor/finish-watch.ts';
import { HAND_BACK_MS } from '../../src/contributor/restraint.ts';
import type { Backend } from '../../src/gpu/backend.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { startContributor, stuckBackend } from './rig.ts';
import { coordinator, join, small } from './scripted-case.ts';

const MINUTE = 60_000;

describe('finishing', () => {
  it('ends both leases in flight, waits for their receipts, takes no other, and stops', async () => {
    const { me, talk } = await join();
    const ids = [(await talk.grant(small.work)).lease.id, (await talk.grant(small.work)).lease.id];
    await me.until(({ stage }) => stage === 'downloading');
    // Heard after both leases.
    await Promise.all([
      me.until(({ detail }) => detail === 'Both are yours.'),
      talk.say({ type: 'notice', code: 'busy', text: 'Both are yours.', retryAfterMs: 0 }),
    ]);
    me.engine.finish();
    expect(me.engine.status).toMatchObject({ finishing: true, paused: false });
    expect(await talk.next('goodbye')).toMatchObject({ finish: true });
    const { lease: late } = await talk.grant(small.work);
    expect(await talk.next('decline')).toMatchObject({ lease: late.id, code: 'aborted' });
    const done = [await talk.committed(), await talk.committed()];
    expect(done.map(({ lease }) => lease.id).toSorted()).toEqual(ids.toSorted());
    await talk.say({ type: 'receipt', envelope: await talk.receipt(done[0]!) });
    await me.until(({ shardsVerified }) => shardsVerified === 1);
    expect(me.engine.status).toMatchObject({ stage: 'verified', finishing: true });
    await talk.say({ type: 'receipt', envelope: await talk.receipt(done[1]!) });
    await me.done;
    expect(await talk.next('goodbye')).toMatchObject({ finish: false });
    expect(me.engine.status).toMatchObject({ stage: 'stopped', shardsVerified: 2, finishing: false });
  });

  it('says Ready no more, though leases end', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    await me.until(({ stage }) => stage === 'downloading');
    me.engine.finish();
    await talk.next('goodbye');
    const before = talk.unread('ready');
    const committed = await talk.committed();
    await talk.say({ type: 'receipt', envelope: await talk.receipt(committed) });
    await me.done;
    expect(talk.unread('ready')).toBe(before);
  });

  it('with nothing in flight stops at once', async () => {
    const { me, talk } = await join();
    me.engine.finish();
    await me.done;
    expect(me.engine.status.stage).toBe('stopped');
    await talk.link.closed;
  });

  it('asked for twice stops at once, in mid-compute', async () => {
    const { backend, started } = stuckBackend();
    const { me, talk } = await join(() => backend);
    await talk.grant(small.work);
    await started;
    me.engine.finish();
    expect(me.engine.status.finishing).toBe(true);
    me.engine.finish();
    await me.done;
    expect(me.engine.status).toMatchObject({ stage: 'stopped', finishing: false });
    expect(talk.unread('commit')).toBe(0);
  });

  it('can be stopped', async () => {
    const { backend, started } = stuckBackend();
    const { me, talk } = await join(() => backend);
    await talk.grant(small.work);
    await started;
    me.engine.finish();
    await me.stop();
    expect(me.engine.status.stage).toBe('stopped');
    me.engine.finish();
  });

  it('does not wait for ever for a coordinator that never sends the receipt', async () => {
    const { me, talk, clock } = await join();
    await talk.grant(small.work);
    await talk.committed();
    me.engine.finish();
    await clock.advance(2 * MINUTE - 1);
    expect(me.engine.status.finishing).toBe(true);
    await clock.advance(1);
    await me.done;
    expect(me.engine.status.stage).toBe('stopped');
  });

  it('hands in again after a lost connection what waits for its receipt, and asks for nothing', async () => {
    const { me, talk } = await join();
    await talk.grant(small.work);
    await talk.committed();
    me.engine.finish();
    await talk.next('goodbye');
    await talk.link.close();
    const again = await coordinator.connection(1);
    await again.next('hello');
    await again.say({ type: 'welcome', version: 1, network: 'scripted', window: 2, balanceMicrocredits: 0n });
    const committed = await again.committed();
    expect(await again.next('goodbye')).toMatchObject({ finish: true });
    expect(again.unread('ready')).toBe(0);
    await again.say({ type: 'receipt', envelope: await again.receipt(committed) });
    await me.done;
    expect(me.engine.status).toMatchObject({ stage: 'stopped', shardsVerified: 1 });
  });

  it('stops when the connection is lost and no result waits', async () => {
    const { backend, started } = stuckBackend();
    const { me, talk } = await join(() => backend);
    await talk.grant(small.work);
    await started;
    me.engine.finish();
    await talk.next('goodbye');
    await talk.link.close();
    await me.done;
    expect(coordinator.connections).toBe(1);
  });

  it('before anything has begun stops at once', async () => {
    const { promise } = Promise.withResolvers<Backend>();
    const me = await startContributor(coordinator.addresses, { open: () => promise });
    me.engine.finish();
    await me.done;
    expect(me.engine.status.stage).toBe('stopped');
  });

  it('while paused hands back what is not computed, and stops then', async () => {
    const { me, talk, clock } = await join();
    me.engine.setPaused(true);
    await talk.grant(small.work);
    await Promise.all([
      me.until(({ detail }) => detail === 'It is yours.'),
      talk.say({ type: 'notice', code: 'busy', text: 'It is yours.', retryAfterMs: 0 }),
    ]);
    me.engine.finish();
    await talk.next('goodbye');
    expect(talk.unread('decline')).toBe(0);
    await clock.advance(HAND_BACK_MS);
    expect(await talk.next('decline')).toMatchObject({ code: 'aborted' });
    await me.done;
    expect(me.engine.status.stage).toBe('stopped');
  });
});

describe('the wait for the end', () => {
  it('is two minutes after the last thing that happened, and a quarter of an hour at most', async () => {
    const clock = new FakeClock();
    const ends: number[] = [];
    const watched = (): FinishWatch => {
      const watch = new FinishWatch(clock);
      const start = clock.now();
      watch.begin(() => ends.push((clock.now() - start) / MINUTE));
      return watch;
    };
    const [quiet, lively, ended] = [watched(), watched(), watched()];
    await clock.advance(MINUTE);
    quiet.moved();
    ended.end();
    for (let minute = 1; minute < 30; minute++) {
      lively.moved();
      await clock.advance(MINUTE);
    }
    expect(ends).toEqual([3, 15]);
    expect(clock.pending).toBe(0);
  });

  it('is no longer than that when the clock is set back by hours meanwhile', async () => {
    const clock = new FakeClock();
    let back = 0;
    const watch = new FinishWatch({
      now: () => clock.now() - back,
      after: (ms, callback) => clock.after(ms, callback),
    });
    let over = false;
    watch.begin(() => (over = true));
    back = 5 * 60 * MINUTE;
    await clock.advance(4 * MINUTE);
    expect(over).toBe(true);
  });
});
