import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.ts';
import { MAX_NAME_CHARS } from '../../src/core/names.ts';
import { checkMessage } from '../../src/protocol/wire.ts';
import { CONTRIBUTOR_BODIES, COORDINATOR_BODIES } from '../../src/protocol/control-rules.ts';
import { encodeFromContributor, encodeFromCoordinator } from '../../src/protocol/control.ts';
import { openProfile, openResult, sealProfile } from '../../src/protocol/envelope.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { MAX_PUBLIC_NAME_BYTES } from '../../src/protocol/limits.ts';
import { profilePayload } from '../../src/protocol/profile.ts';
import { contributorMessages, coordinatorMessages } from './samples.ts';
import * as pb from '../../src/protocol/pb/signed.js';

const key = await generateKey();
const code = (wanted: 'bad-frame' | 'bad-input') =>
  expect.toSatisfy((error: unknown) => isAppError(error, wanted));

describe('a profile', () => {
  it('holds the longest name that there is, in whatever script', async () => {
    const name = '🦊'.repeat(MAX_NAME_CHARS);
    expect(new TextEncoder().encode(name)).toHaveLength(MAX_PUBLIC_NAME_BYTES);
    const profile = { name, team: name, issuedMs: 1 };
    const { value, signer } = await openProfile(await sealProfile(profile, key), peerIdOf(key));
    expect(value).toEqual(profile);
    expect(signer).toBe(peerIdOf(key));
  });

  it.each(['x'.repeat(41), 'exe\u202Egpj', 'a\u200Bb', 'two\nlines', 'e\u0301', ' a'])(
    'is neither sent nor accepted with the name %j, nor as a team',
    (name) => {
      for (const names of [
        { name, team: '' },
        { name: '', team: name },
      ]) {
        expect(() => profilePayload.encode({ ...names, issuedMs: 1 })).toThrow(code('bad-input'));
        const bytes = pb.Profile.encode({ ...names, issuedMs: 1 });
        expect(() => profilePayload.decode(bytes)).toThrow(code('bad-frame'));
      }
    },
  );

  it('is no other statement', async () => {
    const envelope = await sealProfile({ name: 'Ada', team: '', issuedMs: 1 }, key);
    await expect(openResult(envelope)).rejects.toThrow(code('bad-frame'));
  });
});

describe('an end of revision 0', () => {
  it('takes set-profile for a bad frame, so it must not be sent one', () => {
    const { 7: _since1, ...bodies } = CONTRIBUTOR_BODIES;
    const frame = encodeFromContributor(contributorMessages['set profile']!);
    expect(checkMessage(frame, bodies)).toEqual([]); // not exactly one body
  });

  it('reads a welcome that names a revision as it always has', () => {
    const frame = encodeFromCoordinator(coordinatorMessages['welcome, of a later revision']!);
    const { 1: welcome } = COORDINATOR_BODIES;
    if (welcome?.kind !== 'message') throw new Error('a welcome is a message');
    const { 5: _since1, ...fields } = welcome.rules;
    expect(checkMessage(frame, { 1: { ...welcome, rules: fields } })).toHaveLength(1);
  });
});
