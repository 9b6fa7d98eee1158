/** What a contributor wants to be called in public, by its own signed word. */
import { isName } from '../core/names.ts';
import * as f from './fields.ts';
import { MAX_PUBLIC_NAME_BYTES, MAX_TIME_MS } from './limits.ts';
import * as pb from './pb/signed.js';
import { type Payload, payload } from './signed.ts';
import type { FieldRule } from './wire.ts';

export interface Profile {
  /** Both as src/core/names.ts wants them; '' is none, and takes back what there was. */
  readonly name: string;
  readonly team: string;
  /** The contributor's time: the newest statement of one key counts. */
  readonly issuedMs: number;
}

const publicName: FieldRule = { kind: 'text', min: 0, max: MAX_PUBLIC_NAME_BYTES };

export const profilePayload: Payload<Profile> = payload<Profile>(
  { 1: publicName, 2: publicName, 3: { kind: 'u64' } },
  ({ name, team, issuedMs }) =>
    pb.Profile.encode({ name, team, issuedMs: f.numberOf(issuedMs, MAX_TIME_MS, 'issuedMs') }),
  (bytes) => {
    const { name, team, issuedMs } = pb.Profile.decode(bytes);
    return {
      name: shown(name, 'the name'),
      team: shown(team, 'the team'),
      issuedMs: f.numberOf(issuedMs, MAX_TIME_MS, 'issuedMs'),
    };
  },
);

function shown(name: string, what: string): string {
  f.ensure(isName(name), `${what} is too long, or holds what is not seen or covers what is around it`);
  return name;
}
