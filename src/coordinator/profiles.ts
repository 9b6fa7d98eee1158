/**
 * Names of contributors and their teams, as they sign them. Keys are free, so a name takes room in the database
 * only once its key has a verified result; until then it waits with its connection. A name that is refused costs
 * nobody the connection: it is about what is shown, not about work.
 */
import type { Clock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import { openProfile } from '../protocol/envelope.ts';
import { MAX_PROFILE_AHEAD_MS, PROFILES_PER_MINUTE, PROFILE_BURST } from '../protocol/limits.ts';
import type { Database } from '../store/database.ts';
import { hasWork } from '../store/figures.ts';
import { keepProfile } from '../store/profiles.ts';
import type { StoredProfile } from '../store/schema.ts';
import type { PeerSession } from './peer-session.ts';
import { RateLimit } from './rate-limit.ts';

type Session = Pick<PeerSession, 'peer' | 'notice'>;

export interface ProfilesContext {
  readonly db: Database;
  readonly clock: Clock;
  /** Whether the operator lets nobody see it. */
  readonly isHidden?: (of: { readonly contributor: string; readonly team: string }) => boolean;
  /** Another name is public now. */
  readonly onChange?: (contributor: string) => void;
}

export class Profiles {
  readonly #context: ProfilesContext;
  readonly #rate: RateLimit;
  readonly #waiting = new WeakMap<Session, StoredProfile>();

  constructor(context: ProfilesContext) {
    this.#context = context;
    this.#rate = new RateLimit(context.clock, { burst: PROFILE_BURST, perSecond: PROFILES_PER_MINUTE / 60 });
  }

  /** A contributor has sent its statement: it is kept, waits, or is refused, and a notice says which. */
  async set(session: Session, envelope: Uint8Array): Promise<void> {
    const { db, clock } = this.#context;
    if (!this.#rate.take(session.peer)) {
      const retryAfterMs = this.#rate.retryAfterS * 1000;
      await session.notice('profile-refused', 'The name was changed too often; try again later.', {
        retryAfterMs,
      });
      return;
    }
    let profile: StoredProfile;
    try {
      const { name, team, issuedMs } = (await openProfile(envelope, session.peer)).value;
      profile = { contributor: session.peer, name, team, issuedMs, envelope };
    } catch (thrown) {
      await session.notice('profile-refused', `This name cannot be shown: ${toAppError(thrown).message}.`);
      return;
    }
    if (profile.issuedMs > clock.now() + MAX_PROFILE_AHEAD_MS) {
      const text = 'This name is of a later day than today: set the clock of this device, then try again.';
      await session.notice('profile-refused', text);
      return;
    }
    if (await hasWork(db, session.peer)) {
      await this.#keep(session, profile);
      return;
    }
    this.#waiting.set(session, profile);
    await session.notice('profile-waiting', 'The name is shown with the first verified result.');
  }

  /** A result of this contributor was verified: what waited for it is kept. */
  async credited(session: Session): Promise<void> {
    const profile = this.#waiting.get(session);
    if (!profile) return;
    this.#waiting.delete(session);
    await this.#keep(session, profile);
  }

  async #keep(session: Session, profile: StoredProfile): Promise<void> {
    if (!(await keepProfile(this.#context.db, profile))) {
      const text = 'A newer name is known, perhaps from another device, or from when this clock was ahead.';
      await session.notice('profile-refused', text);
      return;
    }
    this.#context.onChange?.(profile.contributor);
    const { name, team } = profile;
    if ((name || team) && this.#context.isHidden?.(profile)) {
      const text = 'The name is kept, but the operator of this network does not show it.';
      await session.notice('profile-refused', text);
      return;
    }
    const text = name || team ? 'The name is shown from now on.' : 'No name is shown any more.';
    await session.notice('profile-kept', text);
  }
}
