/** Claiming a site, over real HTTP: what to publish, the check, the owner's view. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import type { NewSiteClaimView, SiteFiguresView, SiteOwnerTokenView } from '../../src/core/v1-sites.ts';
import type { SiteAnswer } from '../../src/coordinator/site-reader.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile, json, problem, request } from './http-client.ts';

const SHOP = 'https://shop.example';
const BLOG = 'https://blog.example';
const clock = new JumpClock();
/** What the sites serve; anything else is not there. */
const web = new Map<string, SiteAnswer | AppError>();
const read: string[] = [];
const home = coordinatorForFile(() => ({
  clock,
  embed: [SHOP, BLOG],
  readSite: (url) => {
    read.push(url);
    const answer = web.get(url) ?? { status: 404, text: '' };
    return answer instanceof AppError ? Promise.reject(answer) : Promise.resolve(answer);
  },
}));

const later = (): void => clock.jump(600_000);
const begin = async (origin: string): Promise<NewSiteClaimView> => {
  later();
  const response = await fetch(`${home().url}/v1/sites/claims`, json({ origin }));
  expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store']);
  return (await response.json()) as NewSiteClaimView;
};
const checkPath = (id: string): string => `/v1/sites/claims/${id}/check`;
const check = async (id: string, origin: string): Promise<SiteOwnerTokenView> => {
  later();
  const response = await fetch(`${home().url}${checkPath(id)}`, json({ origin }));
  expect(response.status).toBe(200);
  return (await response.json()) as SiteOwnerTokenView;
};
const refused = (id: string, origin: string): Promise<{ code: string; detail: string }> => {
  later();
  return problem(home(), checkPath(id), json({ origin }));
};
const path = (origin: string): string => `/v1/sites/${encodeURIComponent(origin)}`;
const as = async (origin: string, token: string): Promise<SiteFiguresView> => {
  later();
  const response = await request(home(), path(origin), { headers: { authorization: `Bearer ${token}` } });
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return (await response.json()) as SiteFiguresView;
};

describe('the owner of a site', () => {
  it('publishes a token as a file, and sees what the visitors did', async () => {
    const claim = await begin(SHOP);
    expect(claim.file.url).toBe('https://shop.example/.well-known/tilework.json');
    // What is published does not give the claim away.
    expect(claim.file.content + claim.meta).not.toContain(claim.id.slice(-32));
    expect(await refused(claim.id, SHOP)).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('tilework.json answered 404'),
    });
    web.set(claim.file.url, { status: 200, text: claim.file.content });
    const { ownerToken } = await check(claim.id, SHOP);
    expect(ownerToken).toMatch(/^tilework_site_[\w-]{43}$/);

    const wanted = product('i8', 256 * 2, 256, 16);
    await submit(home(), wanted);
    for (let n = 0; n < 2; n++) {
      const hello = { resultBytes: 0, site: SHOP };
      const visitor = await Rogue.join(home().peerAddresses, { product: wanted, hello });
      await visitor.workHonestly();
      await visitor.leave();
    }
    const view = await as(SHOP, ownerToken);
    expect(view).toMatchObject({ shards: 2, owner: { balanceMicrocredits: '0', contributors: 2 } });
    expect(view.owner?.contributorsByDay).toEqual([2]);
    // Everybody else sees the sums alone; a token of another kind is no owner's.
    for (const headers of [{ authorization: '' }, {}]) {
      const response = await request(home(), path(SHOP), { headers });
      expect(((await response.json()) as SiteFiguresView).owner).toBeUndefined();
    }
    const wrong = { headers: { authorization: `Bearer tilework_site_${'A'.repeat(43)}` } };
    for (const site of [SHOP, BLOG])
      expect(await problem(home(), path(site), wrong)).toMatchObject({ status: 401, code: 'unauthorized' });
    const elsewhere = { headers: { authorization: `Bearer ${ownerToken}` } };
    expect(await problem(home(), path(BLOG), elsewhere)).toMatchObject({ status: 401 });

    // Asked again, it is another token, and the first is good no longer.
    const again = await check(claim.id, SHOP);
    expect(again.ownerToken).not.toBe(ownerToken);
    expect(await problem(home(), path(SHOP), elsewhere)).toMatchObject({ status: 401 });
    expect((await as(SHOP, again.ownerToken)).owner?.claimedMs).toBe(again.claimedMs);

    // Whoever takes the file down and claims anew is the owner from then on; the old claim is worth nothing.
    const next = await begin(SHOP);
    web.set(next.file.url, { status: 200, text: next.file.content });
    const { ownerToken: theirs } = await check(next.id, SHOP);
    expect(await refused(claim.id, SHOP)).toMatchObject({ code: 'conflict' });
    expect(await as(SHOP, theirs)).toMatchObject({ shards: 2 });
    web.clear();
  });

  it('or in the head of the first page', async () => {
    const { id, meta } = await begin(BLOG);
    web.set(`${BLOG}/.well-known/tilework.json`, { status: 500, text: 'oops' });
    web.set(`${BLOG}/`, { status: 200, text: `<!doctype html><head>${meta}</head>` });
    read.length = 0;
    await check(id, BLOG);
    expect(read).toEqual([`${BLOG}/.well-known/tilework.json`, `${BLOG}/`]);
    web.set(`${BLOG}/`, { status: 203, text: meta });
    expect(await refused(id, BLOG)).toMatchObject({ code: 'conflict' });
    web.clear();
  });

  it('is told why their site could not be read', async () => {
    const { id } = await begin(BLOG);
    web.set(`${BLOG}/`, new AppError('forbidden', 'blog.example has an address that is not public'));
    expect((await refused(id, BLOG)).detail).toContain('not public');
    web.clear();
  });
});

describe('a claim', () => {
  it('of one site, or at one coordinator, proves nothing about another', async () => {
    const { id, file } = await begin(SHOP);
    web.set(`${BLOG}/.well-known/tilework.json`, { status: 200, text: file.content });
    expect(await refused(id, BLOG)).toMatchObject({ code: 'conflict' });
    web.clear();
  });

  it('of a site that may not embed is not begun, and the site not read', async () => {
    read.length = 0;
    later();
    for (const origin of ['https://other.example', 'http://169.254.169.254', 'file:///etc', '', `${SHOP}/`]) {
      const answer = await problem(home(), '/v1/sites/claims', json({ origin }));
      expect(answer).toMatchObject({ status: 404, code: 'not-found' });
    }
    const { id } = await begin(SHOP);
    expect(await refused(id, 'https://other.example')).toMatchObject({ code: 'not-found' });
    expect(read).toEqual([]);
  });

  it('ends after a week; one that is made up, or of a time to come, is none', async () => {
    const { id, file, expiresMs } = await begin(SHOP);
    web.set(file.url, { status: 200, text: file.content });
    clock.jump(expiresMs - clock.now() - 660_000);
    await check(id, SHOP);
    expect(await refused(id, SHOP)).toMatchObject({ code: 'not-found' });
    const future = (clock.now() + 3_600_000).toString(16).padStart(11, '0');
    for (const made of ['x', '0'.repeat(44), `${future}-${'0'.repeat(32)}`, 'ffffffffffff', '%00'])
      expect([400, 404]).toContain((await problem(home(), checkPath(made), json({ origin: SHOP }))).status);
    web.clear();
  });

  it('is checked now and then, so that nobody knocks at a site through us', async () => {
    const { id } = await begin(BLOG);
    later();
    read.length = 0;
    const codes: string[] = [];
    for (let n = 0; n < 7; n++)
      codes.push((await problem(home(), checkPath(id), json({ origin: BLOG }))).code);
    expect(codes.filter((code) => code === 'rate-limited')).toHaveLength(2);
    expect(read).toHaveLength(10);
    later();
    expect((await problem(home(), checkPath(id), json({ origin: BLOG }))).code).toBe('conflict');
  });

  it('takes a body of one kind', async () => {
    later();
    for (const body of [{}, { origin: [] }, { origin: SHOP, more: 1 }, [], null])
      expect(await problem(home(), '/v1/sites/claims', json(body))).toMatchObject({ status: 400 });
  });
});
