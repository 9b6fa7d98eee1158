/** Two keys become one contributor, over real HTTP: code, offer, join, figures, leave. */
import { describe, expect, it } from 'vitest';
import type { JoinCodeView, JoinOfferView, JoinView, JoinsView, LeaveView } from '../../src/core/v1-joins.ts';
import type { ContributorFiguresView, LeaderboardView } from '../../src/core/v1-figures.ts';
import { cryptoRng } from '../../src/core/rng.ts';
import { envelopeDigest, sealProfile } from '../../src/protocol/envelope.ts';
import { newClaim, sealJoin, sealJoinOffer, sealLeave } from '../../src/protocol/join.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';
import { coordinatorForFile, json, problem } from './http-client.ts';

const clock = new JumpClock();
const home = coordinatorForFile(() => ({ clock }));
const WORK = 256 * 256 * 16;
const DAY_MS = 24 * 3_600_000;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
/** Later, so that nobody is told to go slower, and nothing is told from memory. */
const later = (): void => clock.jump(120_000);

async function send<T>(path: string, body?: unknown, status = 200): Promise<T> {
  later();
  const response = await fetch(`${home().url}${path}`, body === undefined ? {} : json(body));
  const answer = (await response.json()) as T;
  expect([response.status, answer]).toEqual([status, expect.anything()]);
  return answer;
}
const refused = (path: string, body: unknown): Promise<{ code: string; detail: string }> => {
  later();
  return problem(home(), path, json(body));
};

const offerOf = (key: SigningKey, more: { main?: string; issuedMs?: number } = {}): Promise<Uint8Array> =>
  sealJoinOffer({ claim: newClaim(cryptoRng), issuedMs: clock.now(), ...more }, key);
const accept = async (
  offer: Uint8Array,
  joined: SigningKey,
  main: SigningKey,
  more = {},
): Promise<Uint8Array> =>
  sealJoin(
    { offerDigest: await envelopeDigest(offer), joined: peerIdOf(joined), issuedMs: clock.now(), ...more },
    main,
  );
const bodyOf = (offer: Uint8Array, join: Uint8Array) => ({ offer: base64(offer), join: base64(join) });
const line = (key: SigningKey): Promise<ContributorFiguresView> => send(`/v1/contributors/${peerIdOf(key)}`);
const joinsOf = (key: SigningKey): Promise<JoinsView> => send(`/v1/joins/${peerIdOf(key)}`);

/** Keys with so many verified shards each. */
async function workers(...shards: number[]): Promise<SigningKey[]> {
  const wanted = product('i8', 256 * shards.reduce((a, b) => a + b), 256, 16);
  await submit(home(), wanted);
  const keys: SigningKey[] = [];
  for (const count of shards) {
    const rogue = await Rogue.join(home().peerAddresses, { product: wanted, hello: { resultBytes: 0 } });
    for (let n = 0; n < count; n++) await rogue.workHonestly();
    keys.push(rogue.key);
    await rogue.leave();
  }
  return keys;
}

describe('a visitor who has worked in a frame', () => {
  it('takes a code to the contributor’s page, and counts there from then on', async () => {
    const [frame, main, rival] = (await workers(2, 1, 2)) as [SigningKey, SigningKey, SigningKey];
    const offer = await offerOf(frame);
    const { code, expiresMs } = await send<JoinCodeView>('/v1/joins/codes', { offer: base64(offer) }, 201);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(expiresMs - clock.now()).toBeGreaterThan(500_000);
    // A look by HEAD does not use it up.
    expect((await fetch(`${home().url}/v1/joins/codes/${code}`, { method: 'HEAD' })).status).toBe(404);
    const shown = `${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase();
    const found = await send<JoinOfferView>(`/v1/joins/codes/${shown}`);
    expect(found).toEqual({ offer: base64(offer), joined: peerIdOf(frame) });
    expect(await problem(home(), `/v1/joins/codes/${code}`)).toMatchObject({
      status: 404,
      code: 'not-found',
    });

    const join = await accept(offer, frame, main);
    const made = await send<JoinView>('/v1/joins', bodyOf(offer, join));
    expect(made).toMatchObject({ joined: peerIdOf(frame), main: peerIdOf(main), ...bodyOf(offer, join) });
    // Said again, by whomever: the same answer.
    expect(await send<JoinView>('/v1/joins', bodyOf(offer, join))).toEqual(made);
    expect(await joinsOf(frame)).toEqual({ main: made, joined: [] });
    expect(await joinsOf(main)).toEqual({ main: null, joined: [made] });

    expect(await line(main)).toMatchObject({ shards: 3, multiplyAdds: 3 * WORK, joined: 1, rank: 1 });
    expect(await line(frame)).toMatchObject({ shards: 2, rank: null, main: peerIdOf(main) });
    const { rows } = await send<LeaderboardView>('/v1/leaderboard');
    expect(rows.map(({ contributor, shards }) => [contributor, shards])).toEqual([
      [peerIdOf(main), 3],
      [peerIdOf(rival), 2],
    ]);
    // Credit and receipts stay with the key that did the work.
    expect(await send(`/v1/receipts?contributor=${peerIdOf(frame)}`)).toHaveLength(2);

    // Another's key is joined neither by somebody else's word nor twice.
    expect(await refused('/v1/joins', bodyOf(offer, await accept(offer, frame, rival)))).toMatchObject({
      code: 'conflict',
    });
    const second = await offerOf(frame);
    expect(await send('/v1/joins', bodyOf(second, await accept(second, frame, main)))).toEqual(made);

    // It leaves by the word of either key, and the old statements do not bring it back.
    const stranger = await sealLeave({ joinDigest: made.id, issuedMs: clock.now() }, rival);
    expect(await refused('/v1/joins/leave', { leave: base64(stranger) })).toMatchObject({
      code: 'not-found',
    });
    const leave = { leave: base64(await sealLeave({ joinDigest: made.id, issuedMs: clock.now() }, frame)) };
    const left = await send<LeaveView>('/v1/joins/leave', leave);
    expect(await send<LeaveView>('/v1/joins/leave', leave)).toEqual(left);
    expect(await line(main)).toMatchObject({ shards: 1 });
    expect(await line(frame)).toMatchObject({ shards: 2 });
    expect((await line(frame)).main).toBeUndefined();
    expect(await refused('/v1/joins', bodyOf(offer, join))).toMatchObject({ code: 'conflict' });
    const third = await offerOf(frame, { main: peerIdOf(main) });
    const again = await send<JoinView>('/v1/joins', bodyOf(third, await accept(third, frame, main)));
    expect(again.id).not.toBe(made.id);
    // What ends is the join that was named, not whatever stands.
    expect(await send('/v1/joins/leave', leave)).toEqual(left);
    expect((await joinsOf(frame)).main).toEqual(again);
  });
});

describe('two statements', () => {
  it('are refused unless they are about each other, whole and fresh', async () => {
    const [ann, bob] = (await workers(1, 1)) as [SigningKey, SigningKey];
    const offer = await offerOf(ann);
    const other = await offerOf(ann);
    const cases: [Uint8Array, Uint8Array][] = [
      [offer, await accept(other, ann, bob)],
      [offer, await accept(offer, bob, bob)],
      [offer, await accept(offer, ann, ann)],
      [offer, offer],
      [await accept(offer, ann, bob), await accept(offer, ann, bob)],
      [offer, await sealProfile({ name: '', team: '', issuedMs: clock.now() }, bob)],
    ];
    const exclusive = await offerOf(ann, { main: peerIdOf(await generateKey()) });
    cases.push([exclusive, await accept(exclusive, ann, bob)]);
    for (const issuedMs of [clock.now() - DAY_MS - 600_000, clock.now() + 2 * DAY_MS]) {
      const stale = await offerOf(ann, { issuedMs });
      cases.push(
        [stale, await accept(stale, ann, bob)],
        [offer, await accept(offer, ann, bob, { issuedMs })],
      );
    }
    const flipped = new Uint8Array(await accept(offer, ann, bob));
    flipped[flipped.length - 1]! ^= 1;
    cases.push([offer, flipped]);
    for (const [one, two] of cases)
      expect(await refused('/v1/joins', bodyOf(one, two))).toMatchObject({ code: 'bad-input' });
    expect(await joinsOf(ann)).toEqual({ main: null, joined: [] });
    expect(await refused('/v1/joins/codes', { offer: base64(cases[7]![0]) })).toMatchObject({
      code: 'bad-input',
    });
  });

  it('of keys that have never worked take no room', async () => {
    const [ann, bob] = [await generateKey(), await generateKey()];
    const offer = await offerOf(ann);
    const answer = await refused('/v1/joins', bodyOf(offer, await accept(offer, ann, bob)));
    expect(answer).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('first verified result'),
    });
  });

  it('that come ten times at once make one join', async () => {
    const [ann] = (await workers(1)) as [SigningKey];
    const bob = await generateKey();
    const offer = await offerOf(ann);
    const body = bodyOf(offer, await accept(offer, ann, bob));
    later();
    const post = (): Promise<Response> => fetch(`${home().url}/v1/joins`, json(body));
    const answers = await Promise.all(Array.from({ length: 10 }, post));
    const views = await Promise.all(answers.map(async (answer) => (await answer.json()) as JoinView));
    expect(new Set(views.map(({ id }) => id)).size).toBe(1);
    expect((await joinsOf(bob)).joined).toHaveLength(1);
  });
});

describe('bad input', () => {
  it.each([
    ['/v1/joins', {}],
    ['/v1/joins', { offer: 'AAAA' }],
    ['/v1/joins', { offer: 'AAAA', join: 'AAAA', more: 1 }],
    ['/v1/joins', { offer: '****', join: 'AAAA' }],
    ['/v1/joins', { offer: 'AAAAA', join: 'AAAA' }],
    ['/v1/joins', { offer: 'A'.repeat(8000), join: 'AAAA' }],
    ['/v1/joins/codes', { offer: 'AAAA' }],
    ['/v1/joins/codes', []],
    ['/v1/joins/leave', { leave: 'AAAA' }],
    ['/v1/joins/leave', null],
  ])('%s refuses %j', async (path, body) => {
    expect(await refused(path, body)).toMatchObject({ code: 'bad-input' });
  });

  it('of too many bytes is not read', async () => {
    expect(await refused('/v1/joins', { offer: 'A'.repeat(20_000), join: 'AAAA' })).toMatchObject({
      code: 'too-large',
    });
  });

  it('as text is no JSON: another origin’s page cannot post without asking', async () => {
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } };
    expect(await problem(home(), '/v1/joins', init)).toMatchObject({ status: 400 });
  });

  it('that comes too often is told when to go on', async () => {
    later();
    let last: Awaited<ReturnType<typeof problem>> | undefined;
    for (let n = 0; n < 11; n++) last = await problem(home(), '/v1/joins/codes/AAAAAAAA');
    expect(last).toMatchObject({ status: 429, code: 'rate-limited' });
    expect(last!.headers.get('retry-after')).toBe('10');
    expect(await problem(home(), '/v1/joins/12D3KooWnobody')).toMatchObject({ status: 400 });
  });
});
