import { createPublicKey, verify } from 'node:crypto';
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { Ed25519PublicKey } from '@libp2p/interface';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import {
  formatCheckpoint,
  logOrigin,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from '../../src/protocol/checkpoint.ts';
import { generateKey, peerIdOf, publicKeyOf } from '../../src/protocol/keys.ts';
import { EMPTY_ROOT } from '../../src/protocol/merkle.ts';
import { fromBase64, noteKeyId, openNote, signNote } from '../../src/protocol/note.ts';
import { CONTRIBUTOR } from './samples.ts';

const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(8));
const coordinator = peerIdOf(key);
const origin = logOrigin(coordinator);
const root = Uint8Array.from({ length: 32 }, (_, n) => n);
const note = await signCheckpoint(20_852_163, root, key);
const code = (error: unknown): unknown => (error as { code?: unknown }).code;

describe('a checkpoint', () => {
  it('is the bytes that it always was', () => {
    expect(note).toBe(
      [
        'tilework/12D3KooWB8sCGZCrwr79HtabLAn95qyPQx6RYHXjEbiD6QKou7ww',
        '20852163',
        'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
        '',
        note.split('\n')[4],
        '',
      ].join('\n'),
    );
  });

  it('is signed as c2sp.org/signed-note says, by hand and with another Ed25519', async () => {
    const text = `${origin}\n20852163\n${Buffer.from(root).toString('base64')}\n`;
    const [, name, base64] = /^— (\S+) (\S+)\n$/.exec(note.slice(text.length + 1))!;
    expect(note.startsWith(`${text}\n—`)).toBe(true);
    expect(name).toBe(origin);
    const signature = Buffer.from(base64!, 'base64');
    expect(toHex(signature.subarray(0, 4))).toBe(
      toHex(await noteKeyId({ name: origin, publicKey: key.publicKey })),
    );
    const x = Buffer.from(key.publicKey.raw).toString('base64url');
    const jwk = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
    expect(verify(null, Buffer.from(text), jwk, signature.subarray(4))).toBe(true);
  });

  it('says its size and root to whoever knows the coordinator', async () => {
    expect(await openCheckpoint(note, coordinator)).toEqual({ origin, size: 20_852_163, root });
    expect(await openCheckpoint(utf8.encode(note), coordinator)).toMatchObject({ size: 20_852_163 });
    const empty = await signCheckpoint(0, EMPTY_ROOT, key);
    expect(await openCheckpoint(empty, coordinator)).toEqual({ origin, size: 0, root: EMPTY_ROOT });
  });

  it('of another coordinator is refused, also under this one’s name', async () => {
    const other = await generateKey();
    await expect(openCheckpoint(await signCheckpoint(1, root, other), coordinator)).rejects.toMatchObject({
      code: 'bad-signature',
    });
    const forged = await signNote(formatCheckpoint({ origin, size: 1, root }), origin, other);
    await expect(openCheckpoint(forged, coordinator)).rejects.toMatchObject({ code: 'bad-signature' });
    const elsewhere = formatCheckpoint({ origin: logOrigin(peerIdOf(other)), size: 1, root });
    const borrowed = await signNote(elsewhere, origin, key);
    await expect(openCheckpoint(borrowed, coordinator)).rejects.toMatchObject({ code: 'wrong-peer' });
    await expect(openCheckpoint(note, 'nobody')).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('does not open when any byte of it is changed', async () => {
    const bytes = utf8.encode(note);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = bytes.slice();
        changed[at]! ^= change;
        const opened = await openCheckpoint(changed, coordinator).catch(code);
        expect(['bad-frame', 'bad-signature']).toContain(opened);
      }),
      { numRuns: 200 },
    );
  });

  it('carries the signatures of witnesses beside its own', async () => {
    const witness = await generateKey();
    const cosigned = await signNote(note.slice(0, note.indexOf('\n\n') + 1), 'witness.example/w', witness);
    const line = cosigned.slice(cosigned.lastIndexOf('—'));
    expect(await openCheckpoint(note + line, coordinator)).toMatchObject({ size: 20_852_163 });
    expect(await openCheckpoint(note + line.repeat(15), coordinator)).toMatchObject({ size: 20_852_163 });
    await expect(openCheckpoint(note + line.repeat(16), coordinator)).rejects.toMatchObject({
      code: 'bad-frame',
    });
    await expect(openCheckpoint(cosigned, coordinator)).rejects.toMatchObject({ code: 'bad-signature' });
  });

  it.each([
    ['no size', `${origin}\n`],
    ['a size that is padded', `${origin}\n01\n${'A'.repeat(43)}=\n`],
    ['a negative size', `${origin}\n-1\n${'A'.repeat(43)}=\n`],
    ['a size beyond 2⁵³', `${origin}\n9007199254740993\n${'A'.repeat(43)}=\n`],
    ['a short root', `${origin}\n1\nAAAA\n`],
    ['a root in another spelling', `${origin}\n1\n${'A'.repeat(42)}B=\n`],
    ['no origin', `\n1\n${'A'.repeat(43)}=\n`],
    ['an empty line', `${origin}\n1\n${'A'.repeat(43)}=\n\nmore\n`],
    ['no newline at its end', `${origin}\n1\n${'A'.repeat(43)}=`],
  ])('with %s is refused', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(/checkpoint/);
  });

  it('may have lines that we do not know', () => {
    expect(parseCheckpoint(`${origin}\n1\n${'A'.repeat(43)}=\nmore\n`)).toMatchObject({ size: 1 });
  });

  it('of any text is a checkpoint or an error with a code', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({
          unit: fc.constantFrom('\n', ' ', '—', '+', '=', 'A', '1', 'é', '\u0000'),
          maxLength: 60,
        }),
        async (text) => {
          const opened = await openCheckpoint(text, coordinator).catch(code);
          expect(['bad-frame', 'bad-signature']).toContain(opened);
        },
      ),
    );
    const noise = Uint8Array.of(0xff, 0xfe, 10, 10);
    await expect(openCheckpoint(noise, coordinator)).rejects.toMatchObject({ code: 'bad-frame' });
  });
});

describe('a signed note', () => {
  // The example of golang.org/x/mod/sumdb/note.
  const keyBytes = Buffer.from('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'base64');
  const peter = {
    name: 'PeterNeumann',
    publicKey: publicKeyFromRaw(keyBytes.subarray(1)) as Ed25519PublicKey,
  };
  const text =
    'If you think cryptography is the answer to your problem,\n' +
    "then you don't know what your problem is.\n";
  const signed = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

  it('of another implementation opens', async () => {
    expect(toHex(await noteKeyId(peter))).toBe('c74f20a3');
    expect(await openNote(utf8.encode(signed), peter)).toBe(text);
    const changed = signed.replace('answer', 'reason');
    await expect(openNote(utf8.encode(changed), peter)).rejects.toMatchObject({ code: 'bad-signature' });
  });

  it('is not signed under a name with spaces or a plus', async () => {
    for (const name of ['', 'a b', 'a+b', 'a\u2003b', 'a\nb']) {
      await expect(signNote('text\n', name, key)).rejects.toMatchObject({ code: 'bad-input' });
    }
    await expect(signNote('text', 'name', key)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('has base64 in one spelling', () => {
    expect(fromBase64('AAE=')).toEqual(Uint8Array.of(0, 1));
    for (const text of ['AAE', 'AAF=', 'AA E', 'AA-_', '====', 'A==='])
      expect(fromBase64(text)).toBeUndefined();
  });
});

describe('the key in a PeerId', () => {
  it('is the key that has this PeerId', async () => {
    for (let n = 0; n < 20; n++) {
      const made = await generateKey();
      expect(publicKeyOf(peerIdOf(made)).raw).toEqual(made.publicKey.raw);
    }
    expect(publicKeyOf(CONTRIBUTOR).toString()).toBe(CONTRIBUTOR);
  });

  it.each([
    '',
    '1',
    '12D3KooW',
    `${CONTRIBUTOR}1`,
    CONTRIBUTOR.slice(0, -1),
    `1${CONTRIBUTOR}`,
    'Qm'.padEnd(46, 'x'),
    'é'.repeat(52),
    'z'.repeat(10_000),
  ])('is not in %j', (text) => {
    expect(() => publicKeyOf(text)).toThrow(/PeerId/);
  });
});
