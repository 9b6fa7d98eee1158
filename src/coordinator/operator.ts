/**
 * What an operator may do, carried out: on record together with who did it and why, then in effect. What is on record
 * is in effect again after a restart; a drain is not, or a coordinator would come back and do nothing.
 */
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { OperatorAction } from '../core/v1-operator.ts';
import type { Database, Queries } from '../store/database.ts';
import {
  addBan,
  addPause,
  hideName,
  logAction,
  removeBan,
  removePause,
  showName,
} from '../store/operator.ts';
import type { HiddenKind } from '../store/schema.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Figures } from './figures.ts';
import type { Jobs } from './jobs.ts';
import type { Restrictions } from './restrictions.ts';
import type { Scheduler } from './scheduler.ts';

export interface OperatorContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly restrictions: Restrictions;
  readonly scheduler: Pick<Scheduler, 'pause'>;
  readonly dispatcher: Pick<Dispatcher, 'draining' | 'offer' | 'turnOut'>;
  readonly jobs: Pick<Jobs, 'cancel' | 'changes' | 'runningSpecs'>;
  readonly figures: Pick<Figures, 'renamedMany'>;
  /** Other coordinators of this network should do the same. */
  readonly onDecision?: () => void;
}

/** Who did it, and why. */
export interface By {
  readonly token: string;
  readonly reason: string;
}

export class Operator {
  readonly #context: OperatorContext;
  /** One after the other: each reads anew what stands. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: OperatorContext) {
    this.#context = context;
  }

  /** Puts in effect what is on record: at the start, and when another coordinator has written to it. */
  async refresh(): Promise<void> {
    const { restrictions, scheduler, dispatcher, figures, jobs } = this.#context;
    const before = new Set(restrictions.all.pauses.map(({ project }) => project));
    await restrictions.reload();
    const paused = new Set(restrictions.all.pauses.map(({ project }) => project));
    scheduler.pause(paused);
    figures.renamedMany();
    dispatcher.turnOut();
    dispatcher.offer();
    // Whoever watches a job is told.
    for (const { id, project } of jobs.runningSpecs())
      if (before.has(project) !== paused.has(project)) jobs.changes.emit({ type: 'progress', job: id });
  }

  /** @throws AppError 'conflict' when it is so already */
  async drain(draining: boolean, by: By): Promise<void> {
    const { dispatcher } = this.#context;
    const [action, already] = draining ? (['drain', 'is on'] as const) : (['undrain', 'is off'] as const);
    await this.#record(
      action,
      '',
      by,
      () => Promise.resolve(dispatcher.draining !== draining),
      `draining ${already} already`,
    );
    dispatcher.draining = draining;
  }

  /** @throws AppError 'conflict' when it is banned already */
  ban(contributor: string, by: By): Promise<void> {
    const { reason } = by;
    return this.#decide(
      'ban',
      contributor,
      by,
      (trx, sinceMs) => addBan(trx, { contributor, reason, sinceMs }),
      'this contributor is banned already; unban it first to give another reason',
    );
  }

  /** @throws AppError 'not-found' */
  unban(contributor: string, by: By): Promise<void> {
    return this.#decide('unban', contributor, by, (trx) => removeBan(trx, contributor));
  }

  /** @throws AppError 'conflict' when it is paused already */
  pause(project: string, by: By): Promise<void> {
    const { reason } = by;
    return this.#decide(
      'pause',
      project,
      by,
      (trx, sinceMs) => addPause(trx, { project, reason, sinceMs }),
      'this project is paused already',
    );
  }

  /** @throws AppError 'not-found' */
  resume(project: string, by: By): Promise<void> {
    return this.#decide('resume', project, by, (trx) => removePause(trx, project));
  }

  /** @throws AppError 'conflict' when it is hidden already */
  hide(kind: HiddenKind, subject: string, by: By): Promise<void> {
    const { reason } = by;
    return this.#decide(
      'hide',
      `${kind} ${subject}`,
      by,
      (trx, sinceMs) => hideName(trx, { kind, subject, reason, sinceMs }),
      'this name is hidden already',
    );
  }

  /** @throws AppError 'not-found' */
  show(kind: HiddenKind, subject: string, by: By): Promise<void> {
    return this.#decide('show', `${kind} ${subject}`, by, (trx) => showName(trx, kind, subject));
  }

  /** @throws AppError 'not-found', 'conflict' when it has ended already */
  async cancel(job: string, by: By): Promise<void> {
    await this.#context.jobs.cancel(job, (trx) => this.#log(trx, 'cancel', job, by));
    this.#told('cancel', job, by);
  }

  async #decide(
    action: OperatorAction,
    subject: string,
    by: By,
    change: (trx: Queries, timeMs: number) => Promise<boolean>,
    already?: string,
  ): Promise<void> {
    await this.#record(action, subject, by, change, already);
    const refreshed = this.#last.then(() => this.refresh());
    this.#last = refreshed.catch(() => {});
    await refreshed;
    this.#context.onDecision?.();
  }

  /** @throws AppError 'conflict' (`already`) or 'not-found' when nothing changed */
  async #record(
    action: OperatorAction,
    subject: string,
    by: By,
    change: (trx: Queries, timeMs: number) => Promise<boolean>,
    already?: string,
  ): Promise<void> {
    const changed = await this.#context.db.transaction().execute(async (trx) => {
      if (!(await change(trx, this.#context.clock.now()))) return false;
      await this.#log(trx, action, subject, by);
      return true;
    });
    if (!changed) throw refusal(action, already);
    this.#told(action, subject, by);
  }

  #log(trx: Queries, action: OperatorAction, subject: string, { token, reason }: By): Promise<void> {
    return logAction(trx, { timeMs: this.#context.clock.now(), token, action, subject, reason });
  }

  #told(action: OperatorAction, subject: string, { token }: By): void {
    this.#context.log.info({ action, subject, token }, 'the operator has decided');
  }
}

const NOT_SO: Partial<Record<OperatorAction, string>> = {
  unban: 'this contributor is not banned',
  resume: 'this project is not paused',
  show: 'this name is not hidden',
};

function refusal(action: OperatorAction, already: string | undefined): AppError {
  if (already !== undefined) return new AppError('conflict', already);
  return new AppError('not-found', NOT_SO[action] ?? 'there is nothing to undo');
}
