/** Joined keys: both statements are checked, recorded for good, and counted from then on. */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { JoinOfferView, JoinView, JoinsView, LeaveView } from '../core/v1-joins.ts';
import type { Rng } from '../core/rng.ts';
import type { Opened } from '../protocol/envelope.ts';
import { type JoinOffer, openJoin, openJoinOffer, openLeave } from '../protocol/join.ts';
import {
  MAX_JOINED_KEYS,
  MAX_JOINS_EVER,
  MAX_JOIN_AGE_MS,
  MAX_PROFILE_AHEAD_MS,
} from '../protocol/limits.ts';
import type { Database } from '../store/database.ts';
import { hasWork } from '../store/figures.ts';
import {
  type KnownJoin,
  addJoin,
  endJoin,
  joinByDigest,
  joinByOffer,
  joinOf,
  joinedTo,
} from '../store/joins.ts';
import type { StoredJoin } from '../store/schema.ts';
import { JoinCodes } from './join-codes.ts';

const LIMITS = { joined: MAX_JOINED_KEYS, ever: MAX_JOINS_EVER } as const;

export interface JoinsContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly rng: Rng;
  /** What is said of this key in public is another now. */
  readonly onChange: (contributor: string) => void;
}

export class Joins {
  readonly #context: JoinsContext;
  readonly #codes: JoinCodes;

  constructor(context: JoinsContext) {
    this.#context = context;
    this.#codes = new JoinCodes(context.db, context.clock, context.rng);
  }

  /** A code for an offer. @throws AppError 'bad-input' for what is no fresh offer. */
  async code(offer: Uint8Array): Promise<{ readonly code: string; readonly expiresMs: number }> {
    const opened = await refusing(openJoinOffer(offer));
    this.#assertFresh(opened.value.issuedMs, 'offer');
    return this.#codes.put(opened.signer, offer);
  }

  /** The offer of a code, once. @throws AppError 'not-found', 'rate-limited' */
  async takeOffer(code: string): Promise<JoinOfferView> {
    const { joined, offer } = await this.#codes.take(code);
    return { joined, offer: base64(offer) };
  }

  /**
   * Records that both keys have joined; the same again changes nothing.
   * @throws AppError 'bad-input' for statements that are not what they claim, 'conflict', 'too-large'
   */
  async join(offerEnvelope: Uint8Array, joinEnvelope: Uint8Array): Promise<JoinView> {
    const offer = await refusing(openJoinOffer(offerEnvelope));
    const join = await refusing(openJoin(joinEnvelope));
    const [joined, main] = [offer.signer, join.signer];
    assertPair(offer, main, join.value);
    const { db, clock, onChange } = this.#context;
    const before = (await joinByOffer(db, offer.digest)) ?? (await joinOf(db, joined));
    if (before) return known(before, main);
    this.#assertFresh(offer.value.issuedMs, 'offer');
    this.#assertFresh(join.value.issuedMs, 'answer');
    // Keys are free: only those of somebody who has worked take room for good.
    if (!(await hasWork(db, joined)) && !(await hasWork(db, main)))
      throw new AppError('conflict', 'keys are joined from the first verified result of either on');
    const made: StoredJoin = {
      digest: join.digest,
      offerDigest: offer.digest,
      joined,
      main,
      offerEnvelope,
      joinEnvelope,
      joinedMs: clock.now(),
    };
    try {
      await db.transaction().execute((trx) => addJoin(trx, made, LIMITS));
    } catch (error) {
      // The same, at the same moment, was first.
      const twin = await joinByOffer(db, offer.digest);
      if (!twin) throw error;
      return known(twin, main);
    }
    for (const id of [joined, main]) onChange(id);
    return viewOf(made);
  }

  /** Ends a join, by the word of either key; the same again changes nothing. @throws AppError 'bad-input', 'not-found' */
  async leave(envelope: Uint8Array): Promise<LeaveView> {
    const { value, signer, digest: _ } = await refusing(openLeave(envelope));
    const { db, clock, onChange } = this.#context;
    const join = await joinByDigest(db, value.joinDigest);
    if (!join || (signer !== join.joined && signer !== join.main))
      throw new AppError('not-found', 'there is no such join of this key');
    const { joined, main } = join;
    if (join.endedMs !== null) return { joined, main, endedMs: join.endedMs };
    this.#assertFresh(value.issuedMs, 'statement');
    const end = { joinDigest: join.digest, signer, envelope, endedMs: clock.now() };
    await db.transaction().execute((trx) => endJoin(trx, join, end));
    for (const id of [joined, main]) onChange(id);
    return { joined, main, endedMs: (await joinByDigest(db, join.digest))?.endedMs ?? end.endedMs };
  }

  /** What stands now. */
  async of(contributor: string): Promise<JoinsView> {
    const { db } = this.#context;
    const main = await joinOf(db, contributor);
    return { main: main ? viewOf(main) : null, joined: (await joinedTo(db, contributor)).map(viewOf) };
  }

  #assertFresh(issuedMs: number, what: string): void {
    const now = this.#context.clock.now();
    if (issuedMs > now + MAX_PROFILE_AHEAD_MS)
      throw new AppError(
        'bad-input',
        `this ${what} is of a later day than today; set the clock of this device`,
      );
    if (issuedMs < now - MAX_JOIN_AGE_MS)
      throw new AppError('bad-input', `this ${what} is more than a day old; begin anew`);
  }
}

function assertPair(
  { value, signer: joined, digest }: Opened<JoinOffer>,
  main: string,
  join: { readonly offerDigest: string; readonly joined: string },
): void {
  if (join.offerDigest !== digest || join.joined !== joined)
    throw new AppError('bad-input', 'these two statements are not about each other');
  if (main === joined) throw new AppError('bad-input', 'a key cannot be joined to itself');
  if (value.main !== undefined && value.main !== main)
    throw new AppError('bad-input', 'this offer is for another main key');
}

/** What was recorded before. @throws AppError 'conflict' unless it stands, with this main key */
function known(join: KnownJoin, main: string): JoinView {
  if (join.endedMs !== null)
    throw new AppError('conflict', 'this offer was used before, and what came of it has ended; make another');
  if (join.main !== main)
    throw new AppError('conflict', 'this key is joined to another main key; end that first');
  return viewOf(join);
}

/** Whatever a stranger hands in is their mistake, not a broken protocol. */
async function refusing<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    throw new AppError('bad-input', `this is not a statement that can be taken: ${why}`, { cause: error });
  }
}

function viewOf({ digest, joined, main, joinedMs, offerEnvelope, joinEnvelope }: StoredJoin): JoinView {
  const statements = { offer: base64(offerEnvelope), join: base64(joinEnvelope) };
  return { id: digest, joined, main, joinedMs, ...statements };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
