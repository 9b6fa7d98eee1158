/** Results on their way in: judged, and what became of them told to whoever handed them in. */
import type { Clock } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Commit } from '../protocol/messages.ts';
import type { DatabaseWatch } from './database-watch.ts';
import type { Jobs } from './jobs.ts';
import type { Judge, Judgement } from './judge.ts';
import type { PeerSession } from './peer-session.ts';
import type { Profiles } from './profiles.ts';
import { afterRejected, afterVerified, pauseLeft } from './standing.ts';
import type { ActiveLease } from './work.ts';

export interface ResultDeskContext {
  readonly judge: Pick<Judge, 'judge'>;
  readonly database: Pick<DatabaseWatch, 'answering' | 'suspect'>;
  readonly jobs: Pick<Jobs, 'advanced'>;
  readonly profiles: Pick<Profiles, 'credited'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sites that may embed the widget: others are not counted. */
  readonly embed: readonly string[];
  /** These leases are pointless now. */
  readonly cancel: (leases: readonly ActiveLease[], reason: string) => void;
  /** Nobody waits for it. */
  readonly track: (task: Promise<void>) => void;
}

export class ResultDesk {
  readonly #context: ResultDeskContext;

  constructor(context: ResultDeskContext) {
    this.#context = context;
  }

  /** A committed result: pulled, checked, settled or refused. False when it ended the connection. */
  async take(session: PeerSession, commit: Commit): Promise<boolean> {
    const { log } = this.#context;
    let judgement: Judgement;
    try {
      judgement = await this.#judge(session, commit);
    } catch (thrown) {
      const error = toAppError(thrown);
      log.warn(
        { peer: session.peer, code: error.code, error: error.message },
        'a result could not be judged',
      );
      // A statement that is not what it claims to be ends the connection; a lost link has ended already.
      await session.link.close(error.code);
      return false;
    }
    await this.#tell(session, judgement);
    return true;
  }

  /** While there is no database, the result stays where it is: its contributor keeps it until there is a receipt. */
  async #judge(session: PeerSession, commit: Commit): Promise<Judgement> {
    const { judge, database, embed } = this.#context;
    const { site } = session.hello;
    const counted = site !== undefined && embed.includes(site) ? site : undefined;
    for (;;) {
      await database.answering();
      try {
        return await judge.judge(session.link, commit, counted);
      } catch (thrown) {
        if (!database.suspect(thrown)) throw thrown;
      }
    }
  }

  async #tell(session: PeerSession, judgement: Judgement): Promise<void> {
    const { jobs, profiles, clock, log, cancel, track } = this.#context;
    const { tally } = session;
    switch (judgement.type) {
      case 'verified':
        session.standing = afterVerified(session.standing);
        session.succeeded();
        tally.verified += 1;
        // The job must not wait for a contributor that does not read.
        void session.send({ type: 'receipt', envelope: judgement.receipt });
        cancel(judgement.superseded, 'somebody else was quicker');
        track(profiles.credited(session));
        await jobs.advanced(judgement.job);
        break;
      case 'known':
        await session.send({ type: 'receipt', envelope: judgement.receipt });
        break;
      case 'stale':
        await session.notice(
          'stale',
          'This lease is over, or somebody else has finished its shard.',
          judgement,
        );
        break;
      case 'rejected':
        session.standing = afterRejected(session.standing, clock.now());
        tally.rejected += 1;
        await this.#rejected(session, judgement.lease, judgement.reason);
        break;
      case 'interrupted':
        session.failed(clock.now());
        tally.failed += 1;
        log.info(
          { peer: session.peer, lease: judgement.lease, error: judgement.error.message },
          'a result did not arrive',
        );
        break;
    }
  }

  async #rejected(session: PeerSession, lease: string, reason: string): Promise<void> {
    const { clock, log } = this.#context;
    log.warn({ peer: session.peer, lease, reason }, 'failed verification');
    const retryAfterMs = Math.min(pauseLeft(session.standing, clock.now()), 0xffffffff);
    session.testing = true;
    await session.notice('rejected', 'This result failed verification.', { lease, retryAfterMs });
    await session.send({ type: 'self-test', reason: 'a result failed verification' });
  }
}
