import { describe, expect, it } from 'vitest';
import { PublicEvents } from '../../src/coordinator/public-events.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const NETWORK = { contributorsNow: 1, flopsLastMinute: 2, flopsLastHour: 3, jobsRunning: 4 };

function setUp(epoch = 'e') {
  const clock = new FakeClock();
  const events = new PublicEvents({ clock, network: () => NETWORK, epoch });
  return { clock, events };
}

/** What came, without the parts that say how to connect. */
function reader(events: PublicEvents, after?: string, address = 'here') {
  const heard: string[] = [];
  const writes: string[] = [];
  const leave = events.listen(
    {
      address,
      write(text) {
        writes.push(text);
        for (const part of text.split('\n\n')) {
          const [, id] = /^id: (.*)$/m.exec(part) ?? [];
          const [, name] = /^event: (.*)$/m.exec(part) ?? [];
          const [, job] = /"job":"(\w+)"/.exec(part) ?? [];
          if (name) heard.push([id, name, job].filter((one) => one !== undefined).join(' '));
        }
      },
    },
    after,
  );
  return { heard, writes, leave };
}

const created = (job: string) => ({ job, change: 'created' }) as const;

describe('a listener', () => {
  it('hears at once how the network is, then what happens, what happens together in one piece', async () => {
    const { clock, events } = setUp();
    const { heard, writes } = reader(events);
    expect(heard.splice(0)).toEqual(['network']);
    for (let n = 0; n < 100; n++) events.job(created(`j${n}`));
    expect(heard).toEqual([]);
    await clock.advance(200);
    expect(heard).toHaveLength(100);
    expect(heard.splice(0)[99]).toBe('e-100 job j99');
    expect(writes).toHaveLength(2);
    events.job(created('next'));
    await clock.advance(200);
    expect(heard.splice(0)).toEqual(['e-101 job next']);
    await clock.advance(10_000);
    expect(heard).toEqual(['network', 'network']);
  });

  it('hears nothing after it has left, and then no timer runs', async () => {
    const { clock, events } = setUp();
    const [first, second] = [reader(events), reader(events)];
    first.leave();
    events.job(created('a'));
    await clock.advance(5000);
    expect(first.heard).toEqual(['network']);
    expect(second.heard).toEqual(['network', 'e-1 job a', 'network']);
    second.leave();
    events.job(created('b'));
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    expect([events.listeners, events.version]).toEqual([0, 'e-2']);
  });

  it('that comes again hears what it has missed, once', async () => {
    const { clock, events } = setUp();
    const first = reader(events);
    events.job(created('a'));
    await clock.advance(200);
    first.leave();
    events.job(created('b'));
    events.job(created('c'));
    const again = reader(events, 'e-1');
    expect(again.heard).toEqual(['e-2 job b', 'e-3 job c', 'network']);
    events.job(created('d'));
    await clock.advance(200);
    expect(again.heard.slice(3)).toEqual(['e-4 job d']);
  });

  it('hears what happened a moment ago once, whether it was here before or came just now', async () => {
    const { clock, events } = setUp();
    const before = reader(events);
    events.job(created('a'));
    const [late, caughtUp] = [reader(events), reader(events, 'e-0')];
    await clock.advance(1000);
    expect(before.heard).toEqual(['network', 'e-1 job a']);
    expect(late.heard).toEqual(['network']);
    expect(caughtUp.heard).toEqual(['e-1 job a', 'network']);
  });

  it.each(['other-1', 'e-9', 'e-', 'e', '', 'e-1x', 'e--1', '-1', 'e-1e3', 'e-0000000000000000000001'])(
    'that knows an event of nobody here (%j) is told to start anew',
    (after) => {
      const { events } = setUp();
      for (let n = 0; n < 3; n++) events.job(created('a'));
      expect(reader(events, after).heard).toEqual(['e-3 reset', 'network']);
    },
  );

  it('that has missed too much is told to start anew; what is kept stays bounded', () => {
    const { events } = setUp();
    for (let n = 0; n < 10_000; n++) events.job(created('a'));
    expect(reader(events, 'e-7999').heard).toEqual(['e-10000 reset', 'network']);
    expect(reader(events, 'e-8000').heard).toHaveLength(2001);
  });

  it('is refused where too many listen, from one address or in all', () => {
    const { events } = setUp();
    const leaves = Array.from({ length: 20 }, () => reader(events).leave);
    expect(() => reader(events)).toThrow(/too many/);
    leaves[0]!();
    reader(events);
    for (let n = 20; n < 500; n++) reader(events, undefined, `address ${n}`);
    expect(() => reader(events, undefined, 'another')).toThrow(/too many/);
    expect(events.listeners).toBe(500);
  });
});
