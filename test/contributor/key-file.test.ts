/** A key as text in a file. The store that it comes from: test/page/you-chromium.test.ts. */
import { describe, expect, it } from 'vitest';
import {
  MAX_KEY_FILE_CHARS,
  keyBytes,
  peerIdOfPublic,
  readKeyFile,
  writeKeyFile,
} from '../../src/contributor/key-file.ts';
import { importKey } from '../../src/contributor/key-ring.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import { generateKey, keyFromBytes, keyToBytes, peerIdOf } from '../../src/protocol/keys.ts';

describe('a key file', () => {
  it('holds a key of libp2p’s, which is the same when it is read', async () => {
    const key = await generateKey();
    const text = await writeKeyFile(keyToBytes(key), 'Keep it\nto yourself');
    expect(text.split('\n').slice(0, 3)).toEqual(['Keep it to yourself', '', peerIdOf(key)]);
    const read = await readKeyFile(text);
    if (typeof read === 'string') throw new Error(read);
    expect(read.peerId).toBe(peerIdOf(key));
    expect(peerIdOf(keyFromBytes(read.key))).toBe(peerIdOf(key));
    expect(keyToBytes(keyFromBytes(read.key))).toEqual(keyToBytes(key));
  });

  it('makes the form that libp2p reads out of the two halves', async () => {
    const key = await generateKey();
    const raw = key.raw;
    expect(keyBytes(raw.slice(0, 32), raw.slice(32))).toEqual(keyToBytes(key));
    expect(peerIdOfPublic(raw.slice(32))).toBe(peerIdOf(key));
    expect(peerIdOfPublic(new Uint8Array(32))).toHaveLength(52);
    expect(() => keyBytes(raw, raw.slice(32))).toThrow('32 bytes');
    expect(() => keyBytes(raw.slice(0, 31), raw.slice(31))).toThrow('32 bytes');
  });

  it('survives other ends of lines, indents, and a line broken by a mail program', async () => {
    const text = await writeKeyFile(keyToBytes(await generateKey()), 'note');
    const read = await readKeyFile(text);
    for (const changed of [
      `\uFEFF${text.replaceAll('\n', '\r\n')}`,
      text.replaceAll('\n', '\n > '),
      text.replace(/(tilework-key-1:.{60})/, '$1\n  '),
      text.trim(),
      `${text}\n\nand something below`,
    ])
      expect(await readKeyFile(changed)).toEqual(read);
  });

  it('is damaged when any character of the key is another one, or missing', async () => {
    const text = await writeKeyFile(keyToBytes(await generateKey()), 'note');
    const from = text.indexOf('tilework-key-1:') + 15;
    for (let at = from; at < text.trimEnd().length; at++) {
      if (text[at] === ':') continue;
      const other = text[at] === '0' ? '1' : '0';
      expect(await readKeyFile(text.slice(0, at) + other + text.slice(at + 1))).toBe('damaged');
      expect(await readKeyFile(text.slice(0, at) + text.slice(at + 1))).toBe('damaged');
      expect(await readKeyFile(text.slice(0, at))).toBe('damaged');
    }
  });

  it('is not one when it is anything else, however long', async () => {
    const rng = seededRng(5);
    const noise = Array.from({ length: 500 }, () => String.fromCharCode(rng.float() * 65_536)).join('');
    for (const text of ['', 'hello', '{"key":1}', noise, 'x'.repeat(MAX_KEY_FILE_CHARS + 1)])
      expect(await readKeyFile(text)).toBe('not-a-key');
    for (const text of ['tilework-key-1:', `tilework-key-1:${noise}`, 'tilework-key-1:zz:00'])
      expect(await readKeyFile(text)).toBe('damaged');
  });

  it('is not made of bytes that are no Ed25519 key', async () => {
    const other = concatBytes([Uint8Array.of(8, 2, 18, 64), new Uint8Array(64)]);
    await expect(writeKeyFile(other, '')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(writeKeyFile(new Uint8Array(3), '')).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('a file whose key signs nothing', () => {
  it('is refused before anything is kept', async () => {
    const [one, other] = await Promise.all([generateKey(), generateKey()]);
    const text = await writeKeyFile(keyBytes(one.raw.slice(0, 32), other.raw.slice(32)), 'note');
    await expect(importKey(text)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(importKey('nothing')).rejects.toMatchObject({ code: 'bad-input' });
    // Where there is no store, a good key cannot be kept either.
    const good = await writeKeyFile(keyToBytes(one), 'note');
    await expect(importKey(good)).rejects.toMatchObject({ code: 'unsupported-key' });
  });
});
