/** What sites are credited with, from a contributor's Hello to the public figures. */
import { describe, expect, it } from 'vitest';
import type { SiteFiguresView, SiteView } from '../../src/core/v1-sites.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile, problem } from './http-client.ts';

const SHOP = 'https://shop.example';
const DEV = 'http://localhost:3000';
const OTHER = 'https://other.example';
const clock = new JumpClock();
const home = coordinatorForFile(() => ({ clock, embed: [SHOP, DEV] }));
const WORK = 256 * 256 * 16;
const wanted = product('i8', 256 * 6, 256, 16);

const join = (site?: string): Promise<Rogue> =>
  Rogue.join(home().peerAddresses, {
    product: wanted,
    hello: { resultBytes: 0, ...(site !== undefined && { site }) },
  });

async function get<T>(path: string): Promise<T> {
  clock.jump(5000);
  const response = await fetch(`${home().url}${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  return (await response.json()) as T;
}
const figures = (site: string): Promise<SiteFiguresView> => get(`/v1/sites/${encodeURIComponent(site)}`);

describe('a site that may embed', () => {
  it('begins with nothing, and has an account', async () => {
    expect(await get<SiteView[]>('/v1/sites')).toEqual(
      [SHOP, DEV].map((site) => ({
        site,
        contributorsNow: 0,
        shards: 0,
        multiplyAdds: 0,
        microcredits: '0',
      })),
    );
    expect(await figures(DEV)).toMatchObject({ account: 'site:http_localhost_3000', days: [] });
  });

  it('is credited with what its visitors have computed, and they with the same', async () => {
    await submit(home(), wanted);
    const [ann, bob, stranger, none] = [await join(SHOP), await join(SHOP), await join(OTHER), await join()];
    expect(await figures(SHOP)).toMatchObject({ contributorsNow: 2, shards: 0 });
    for (const each of [ann, bob, ann, stranger, none]) {
      const receipt = await each.workHonestly();
      expect(receipt.microcredits).toBeGreaterThan(0n);
    }
    const shop = await figures(SHOP);
    expect(shop).toMatchObject({
      site: SHOP,
      account: 'site:shop.example',
      shards: 3,
      multiplyAdds: 3 * WORK,
    });
    expect(shop.days).toEqual([
      {
        day: new Date(clock.now()).toISOString().slice(0, 10),
        shards: 3,
        multiplyAdds: 3 * WORK,
        microcredits: '6',
      },
    ]);
    // The count is no second credit, and says nothing of who it was.
    expect(await get(`/v1/contributors/${ann.peerId}`)).toMatchObject({ shards: 2 });
    expect(JSON.stringify(shop)).not.toContain('12D3KooW');

    // A site that is not on the list is not counted, and not known.
    const unknown = await problem(home(), `/v1/sites/${encodeURIComponent(OTHER)}`);
    expect(unknown).toMatchObject({ status: 404, code: 'not-found' });

    await Promise.all([bob.leave(), stranger.leave(), none.leave()]);
    // A site is of the first Hello: a later one cannot move work to another.
    await ann.send({
      type: 'hello',
      version: 1,
      client: 'rogue/1',
      operandBytes: 0,
      resultBytes: 0,
      rates: { i8: 0, f16: 0, f32: 0 },
      downBytesPerSecond: 0,
      upBytesPerSecond: 0,
      projects: [],
      site: DEV,
    });
    await ann.workHonestly();
    expect((await figures(DEV)).shards).toBe(0);
    expect(await figures(SHOP)).toMatchObject({ shards: 4 });
    await ann.leave();
  });

  it.each(['*', 'https:', SHOP.toUpperCase(), 'x'.repeat(90), '__proto__', '%27--'])(
    'is not asked for as %s',
    async (text) => {
      expect(await problem(home(), `/v1/sites/${encodeURIComponent(text)}`)).toMatchObject({ status: 404 });
    },
  );
});
