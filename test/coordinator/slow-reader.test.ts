/** Readers of the public events that do not read, over a real socket. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { documentApi } from '../../src/coordinator/api.ts';
import { figuresRoutes, type FiguresRoutesContext } from '../../src/coordinator/http-figures.ts';
import { PublicEvents } from '../../src/coordinator/public-events.ts';
import { eventually } from '../helpers/eventually.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { listenTo } from '../helpers/sse.ts';

const EVENT = {
  job: 'j',
  row: 0,
  col: 0,
  rows: 1,
  cols: 1,
  contributor: 'c'.repeat(52),
  shard: 's'.repeat(32),
  multiplyAdds: 1,
  verifiedMs: 1,
};

it('a reader that does not read is dropped; the others hear everything, and it may come again', async () => {
  const clock = new FakeClock();
  const network = { contributorsNow: 0, flopsLastMinute: 0, flopsLastHour: 0, jobsRunning: 0 };
  const events = new PublicEvents({ clock, network: () => network, epoch: 'e' });
  const app = fastify();
  await documentApi(app);
  figuresRoutes(app, { events } as unknown as FiguresRoutesContext);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  const deaf = connect(Number(new URL(url).port), '127.0.0.1');
  deaf.on('error', () => {});
  await once(deaf, 'connect');
  deaf.pause();
  deaf.write('GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  const good = await listenTo(`${url}/events`);
  await eventually(() => expect(events.listeners).toBe(2));

  let told = 0;
  // What the kernel keeps for both ends of a socket is some MiB; our own part must not grow beyond ours.
  while (events.listeners === 2 && told < 100_000) {
    for (let n = 0; n < 500; n++) events.verified(EVENT);
    told += 500;
    await clock.advance(200);
    for (let n = 0; n < 500; n++) expect((await good.next('verified'))?.id).toBe(`e-${told - 499 + n}`);
  }
  expect(events.listeners).toBe(1);
  const again = await listenTo(`${url}/events?after=e-${told - 3}`);
  expect((await again.next())?.id).toBe(`e-${told - 2}`);
  await again.leave();
  await good.leave();
  await eventually(() => expect(events.listeners).toBe(0));
  deaf.destroy();
  await app.close();
});
