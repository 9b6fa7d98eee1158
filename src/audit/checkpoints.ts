/** The log's checkpoint, and those that were signed before it. */
import { type Bytes, bytesEqual, toHex, utf8 } from '../core/bytes.ts';
import { isAppError } from '../core/errors.ts';
import { type Checkpoint, logOrigin, openCheckpoint } from '../protocol/checkpoint.ts';
import { Contradiction, type ContradictionKind } from './contradiction.ts';

export interface SignedCheckpoint extends Checkpoint {
  /** PeerId of the key that signed it. */
  readonly coordinator: string;
}

/** A checkpoint that somebody kept. */
export interface KeptCheckpoint {
  /** Such as a file's name. */
  readonly name: string;
  readonly note: Uint8Array;
}

/**
 * Without a pinned key the checkpoint says itself whose log it is: that is to be compared with what the
 * network tells elsewhere.
 * @throws Contradiction 'checkpoint-form', 'checkpoint-key', 'checkpoint-origin' or 'checkpoint-signature'
 */
export async function openSigned(
  note: Uint8Array,
  pinned: string | undefined,
  subject = 'the checkpoint',
): Promise<SignedCheckpoint> {
  const origin = utf8.decode(note.subarray(0, note.indexOf(10)));
  const named = /^tilework\/(\S+)$/.exec(origin)?.[1];
  if (named === undefined) {
    const found = JSON.stringify(origin.slice(0, 80));
    throw new Contradiction('checkpoint-origin', subject, { expected: logOrigin('<PeerId>'), found });
  }
  if (pinned !== undefined && named !== pinned) {
    throw new Contradiction('checkpoint-key', `whose log ${subject} is of`, {
      expected: pinned,
      found: named,
    });
  }
  try {
    return { ...(await openCheckpoint(note, named)), coordinator: named };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const kind: ContradictionKind =
      error.code === 'bad-signature'
        ? 'checkpoint-signature'
        : error.code === 'wrong-peer'
          ? 'checkpoint-origin'
          : 'checkpoint-form';
    const expected = kind === 'checkpoint-form' ? 'a signed checkpoint' : `a signature of ${named}`;
    throw new Contradiction(kind, subject, { expected, found: error.message });
  }
}

type Named = SignedCheckpoint & { readonly name: string };

/** Earlier checkpoints, each to be met by the tree when it has grown to its size. */
export class EarlierCheckpoints {
  readonly #bySize: ReadonlyMap<number, readonly Named[]>;
  /** How many there are. */
  readonly count: number;

  private constructor(opened: readonly Named[]) {
    this.#bySize = Map.groupBy(opened, ({ size }) => size);
    this.count = opened.length;
  }

  /** @throws Contradiction 'log-shrank', and as openSigned */
  static async open(kept: readonly KeptCheckpoint[], now: SignedCheckpoint): Promise<EarlierCheckpoints> {
    const opened: Named[] = [];
    for (const { name, note } of kept) {
      const checkpoint = await openSigned(note, now.coordinator, `the earlier checkpoint ${name}`);
      if (checkpoint.size > now.size) {
        throw new Contradiction('log-shrank', `the log since the earlier checkpoint ${name}`, {
          expected: `at least ${checkpoint.size} entries`,
          found: now.size,
        });
      }
      opened.push({ ...checkpoint, name });
    }
    return new EarlierCheckpoints(opened);
  }

  /** Whether there is one of this size. */
  has(size: number): boolean {
    return this.#bySize.has(size);
  }

  /** @throws Contradiction 'log-forked' unless the tree of this size has their root */
  meet(size: number, root: Bytes): void {
    for (const kept of this.#bySize.get(size) ?? []) {
      if (bytesEqual(kept.root, root)) continue;
      throw new Contradiction('log-forked', `the root of the first ${size} entries (${kept.name})`, {
        expected: toHex(kept.root),
        found: toHex(root),
      });
    }
  }
}
