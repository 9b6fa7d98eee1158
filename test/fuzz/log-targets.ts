/** What coordinators publish and auditors and contributors read: entries, bundles and checkpoints of the log. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { bytesEqual, concatBytes, fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { isAppError } from '../../src/core/errors.ts';
import { type Rng, randomInt } from '../../src/core/rng.ts';
import { openCheckpoint, signCheckpoint } from '../../src/protocol/checkpoint.ts';
import { peerIdOf } from '../../src/protocol/keys.ts';
import { decodeLogEntry, encodeLogEntry } from '../../src/protocol/log-entry.ts';
import { decodeEntries, encodeEntries, parseTilePath, tilePath } from '../../src/protocol/tiles.ts';
import { signNote } from '../../src/protocol/note.ts';
import { fixture } from '../protocol/fixtures.ts';
import { mutateBytes } from './bytes.ts';
import { mutateProtobuf } from './protobuf.ts';
import { type Target, type TargetFactory, decoderTarget, oneIn, pick, ready, showBytes } from './target.ts';

const golden = fixture('log') as { readonly entry: string; readonly bundle: string };
const entries = [fromHex(golden.entry)];
const bundles = [fromHex(golden.bundle), encodeEntries([entries[0]!, new Uint8Array(), utf8.encode('x')])];

const entry = decoderTarget(
  'log-entry',
  (rng) => mutateProtobuf(rng, entries),
  ['bad-frame'],
  decodeLogEntry,
  (value, bytes) => {
    if (!bytesEqual(encodeLogEntry(value), bytes)) throw new Error('accepted another encoding');
  },
);

/** The first byte says how many entries are expected. */
const bundle = decoderTarget(
  'log-bundle',
  (rng) => concatBytes([Uint8Array.of(randomInt(rng, 5)), mutateBytes(rng, bundles)]),
  ['bad-frame'],
  (bytes) => decodeEntries(bytes.subarray(1), bytes[0] ?? 0),
  (value, bytes) => {
    if (!bytesEqual(encodeEntries(value), bytes.subarray(1))) throw new Error('accepted another encoding');
  },
);

const PATH_PARTS = [
  'tile/',
  'entries/',
  '0/',
  '63/',
  '64/',
  '-1/',
  'x001/',
  '000',
  '255',
  '.p/',
  '256',
  '0',
  '../',
  '%2e',
  '1e3',
];

const path: Target<string> = {
  name: 'log-path',
  make(rng) {
    const parts = [
      'tile/',
      pick(rng, ['0/', '1/', 'entries/', '63/']),
      pick(rng, ['000', 'x001/234', '007.p/9']),
    ];
    for (let edits = randomInt(rng, 4); edits > 0; edits--) {
      parts.splice(randomInt(rng, parts.length + 1), randomInt(rng, 2), pick(rng, PATH_PARTS));
    }
    return parts.join('');
  },
  check(text) {
    const tile = parseTilePath(text);
    if (tile && tilePath(tile) !== text) throw new Error('two paths for one tile');
    return tile !== undefined;
  },
  show: (text) => text,
};

interface NoteInput {
  readonly note: Uint8Array;
  /** A text to be signed as it is, so that damage gets past the signature. */
  readonly text?: string;
}

/** A checkpoint is accepted only as its coordinator signed it. */
async function openCheckpointTarget(): Promise<Target<NoteInput>> {
  const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(8));
  const coordinator = peerIdOf(key);
  const origin = `tilework/${coordinator}`;
  const root = new Uint8Array(32).fill(3);
  const notes = await Promise.all([0, 7, 20_852_163].map((size) => signCheckpoint(size, root, key)));
  const seeds = notes.map((note) => utf8.encode(note));
  const bodies = notes.map((note) => note.slice(0, note.indexOf('\n\n') + 1));
  const honest = new Set(seeds.map(toHex));
  const damagedText = (rng: Rng): string => {
    const text = Buffer.from(mutateBytes(rng, [utf8.encode(pick(rng, bodies))])).toString('utf8');
    return text.endsWith('\n') ? text : `${text}\n`;
  };
  return {
    name: 'log-checkpoint',
    make: (rng) =>
      oneIn(rng, 8)
        ? { note: new Uint8Array(), text: damagedText(rng) }
        : { note: oneIn(rng, 64) ? pick(rng, seeds) : mutateBytes(rng, seeds) },
    async check({ note, text }) {
      let bytes = note;
      try {
        if (text !== undefined) bytes = utf8.encode(await signNote(text, origin, key));
        await openCheckpoint(bytes, coordinator);
      } catch (error) {
        if (!isAppError(error, 'bad-frame', 'bad-signature', 'wrong-peer', 'bad-input')) throw error;
        return false;
      }
      if (text === undefined && !honest.has(toHex(bytes)) && !sameText(bytes, seeds))
        throw new Error('accepted what nobody signed');
      return true;
    },
    show: ({ note, text }) => text ?? showBytes(note),
  };
}

/** Further signatures may stand below the coordinator's: the text above is what counts. */
function sameText(note: Uint8Array, seeds: readonly Uint8Array[]): boolean {
  const text = (bytes: Uint8Array): string => utf8.decode(bytes).split('\n\n')[0]!;
  return seeds.some((seed) => text(seed) === text(note));
}

export const logTargets: readonly TargetFactory[] = [
  ready(entry),
  ready(bundle),
  ready(path),
  { name: 'log-checkpoint', open: openCheckpointTarget },
];
