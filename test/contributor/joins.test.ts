/** The frame's and the page's part of joining keys, against a real coordinator. */
import { describe, expect, it } from 'vitest';
import { cryptoRng } from '../../src/core/rng.ts';
import { Joins } from '../../src/contributor/joins.ts';
import { newClaim, sealJoinOffer } from '../../src/protocol/join.ts';
import { type SigningKey, generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { coordinatorForFile } from '../coordinator/http-client.ts';
import { JumpClock } from '../helpers/jump-clock.ts';
import { product, submit } from '../helpers/product.ts';
import { Rogue } from '../helpers/rogue.ts';

const clock = new JumpClock();
const home = coordinatorForFile(() => ({ clock }));

function joinsOf(key: SigningKey, fetch = globalThis.fetch): Joins {
  return new Joins({ key, api: `${home().url}/v1/`, clock, rng: cryptoRng, fetch });
}
const answering =
  (body: string, init?: ResponseInit): typeof fetch =>
  () =>
    Promise.resolve(new Response(body, init));

describe('a visitor', () => {
  it('joins a frame’s key to the page’s with a code and one agreement, and ends it again', async () => {
    const wanted = product('i8', 256, 256, 16);
    await submit(home(), wanted);
    const rogue = await Rogue.join(home().peerAddresses, { product: wanted, hello: { resultBytes: 0 } });
    await rogue.workHonestly();
    await rogue.leave();
    const [frame, page] = [joinsOf(rogue.key), joinsOf(await generateKey())];

    const first = await frame.offer();
    const { code } = await frame.offer();
    await expect(page.lookUp(first.code)).rejects.toMatchObject({ code: 'not-found' });
    const found = await page.lookUp(`${code.slice(0, 4)} ${code.slice(4)}`.toLowerCase());
    expect(found.joined).toBe(frame.peerId);
    expect((await page.standing()).joined).toEqual([]);
    const made = await page.accept(found);
    expect(made).toMatchObject({ joined: frame.peerId, main: page.peerId });
    expect(await page.accept(found)).toMatchObject({ id: made.id });
    expect((await page.standing()).joined).toEqual([made]);
    expect((await frame.standing()).main).toEqual(made);

    expect(await page.leave(made.id)).toMatchObject({ joined: frame.peerId, main: page.peerId });
    expect(await frame.standing()).toEqual({ main: null, joined: [] });
    await expect(page.accept(found)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is told what is wrong, in a sentence', async () => {
    const page = joinsOf(await generateKey());
    await expect(page.lookUp('hello')).rejects.toMatchObject({ code: 'bad-input', message: /8 letters/ });
    await expect(page.lookUp('AAAA-AAAA')).rejects.toMatchObject({
      code: 'not-found',
      message: /ten minutes/,
    });
    const { code } = await page.offer();
    await expect(page.lookUp(code)).rejects.toMatchObject({ code: 'bad-input', message: /same key/ });
    await expect(page.leave('0'.repeat(64))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a coordinator', () => {
  it('that lies about an offer is not signed for', async () => {
    const [ann, bob, page] = [await generateKey(), await generateKey(), await generateKey()];
    const sealed = await sealJoinOffer({ claim: newClaim(cryptoRng), issuedMs: clock.now() }, ann);
    const offer = Buffer.from(sealed).toString('base64');
    const lying = (answer: object): Promise<unknown> =>
      joinsOf(page, answering(JSON.stringify(answer))).lookUp('AAAAAAAA');
    expect(await lying({ offer, joined: peerIdOf(ann) })).toEqual({ offer, joined: peerIdOf(ann) });
    await expect(lying({ offer, joined: peerIdOf(bob) })).rejects.toMatchObject({ code: 'wrong-peer' });
    await expect(lying({ offer: '*', joined: peerIdOf(ann) })).rejects.toMatchObject({ code: 'bad-input' });
    await expect(lying({})).rejects.toMatchObject({ code: 'bad-input' });
    const elsewhere = await sealJoinOffer(
      { claim: newClaim(cryptoRng), main: peerIdOf(bob), issuedMs: clock.now() },
      ann,
    );
    const other = { offer: Buffer.from(elsewhere).toString('base64'), joined: peerIdOf(ann) };
    await expect(lying(other)).rejects.toMatchObject({ code: 'bad-input', message: /another main key/ });
  });

  it('that is none, does not answer, or says too much is unreachable', async () => {
    const key = await generateKey();
    const ask = (fetch: typeof globalThis.fetch): Promise<unknown> => joinsOf(key, fetch).standing();
    for (const broken of [
      answering('<html>', { status: 200 }),
      answering('null'),
      answering('{"code":"made-up"}', { status: 500 }),
      () => Promise.reject(new TypeError('fetch failed')),
    ])
      await expect(ask(broken)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(ask(answering(' '.repeat(300_000)))).rejects.toMatchObject({ code: 'too-large' });
  });
});
