/** A receipt is taken only for what this contributor handed in: its lease, its result, its key. */
import { AppError } from '../core/errors.ts';
import { type Receipt, envelopeDigest, openReceipt } from '../protocol/envelope.ts';
import type { Outbox, PendingResult } from './outbox.ts';
import { statementError } from './statement-error.ts';

export interface OwnReceipt {
  readonly receipt: Receipt;
  /** What it is for. */
  readonly waiting: PendingResult;
}

export interface Parties {
  readonly coordinator: string;
  readonly contributor: string;
}

/**
 * @returns undefined for a result that does not wait here any more: a repeated receipt must not count twice
 * @throws AppError 'bad-signature' when it is not the coordinator's or not for this contributor, 'bad-frame' when
 *   it is about another lease or result than the one that waits
 */
export async function openOwnReceipt(
  envelope: Uint8Array,
  outbox: Outbox,
  { coordinator, contributor }: Parties,
): Promise<OwnReceipt | undefined> {
  const { value: receipt } = await openReceipt(envelope, coordinator).catch((thrown: unknown) => {
    throw statementError(thrown);
  });
  if (receipt.contributor !== contributor) throw new AppError('bad-signature', 'a receipt for somebody else');
  const waiting = outbox.get(receipt.lease);
  if (!waiting) return undefined;
  const [lease, result] = await Promise.all([
    envelopeDigest(waiting.leaseEnvelope),
    envelopeDigest(waiting.resultEnvelope),
  ]);
  if (receipt.leaseDigest !== lease || receipt.resultDigest !== result || receipt.job !== waiting.job) {
    throw new AppError('bad-frame', 'a receipt for another result than the one that was handed in');
  }
  return { receipt, waiting };
}
