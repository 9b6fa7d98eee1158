/** One entry of the log: three signed statements that must speak of one another. */
import { isAppError } from '../core/errors.ts';
import { type Opened, openLease, openReceipt, openResult } from '../protocol/envelope.ts';
import { decodeLogEntry } from '../protocol/log-entry.ts';
import type { Lease, Receipt, Result } from '../protocol/signed.ts';
import { Contradiction, type ContradictionKind } from './contradiction.ts';

export interface AuditedEntry {
  readonly index: number;
  readonly receipt: Opened<Receipt>;
  readonly lease: Opened<Lease>;
  readonly result: Opened<Result>;
}

export const SIGNATURES_PER_ENTRY = 3;

type Statement = 'receipt' | 'lease' | 'result';

/**
 * Opens the entry at `index` and checks what it says about itself.
 * @throws Contradiction of the first part that does not hold
 */
export async function openEntry(
  bytes: Uint8Array,
  index: number,
  coordinator: string,
): Promise<AuditedEntry> {
  const parts = partsOf(bytes, index);
  const receipt = await opened('receipt', index, coordinator, () => openReceipt(parts.receipt, coordinator));
  const lease = await opened('lease', index, coordinator, () => openLease(parts.lease, coordinator));
  const { contributor } = lease.value;
  const result = await opened('result', index, contributor, () => openResult(parts.result, contributor));
  const entry = { index, receipt, lease, result };
  assertBound(entry);
  return entry;
}

function partsOf(bytes: Uint8Array, index: number): ReturnType<typeof decodeLogEntry> {
  try {
    return decodeLogEntry(bytes);
  } catch (error) {
    if (!isAppError(error, 'bad-frame')) throw error;
    const [expected, found] = ['a receipt, a result and a lease', error.message];
    throw new Contradiction('entry-form', 'the entry', { index, expected, found });
  }
}

async function opened<T>(
  statement: Statement,
  index: number,
  signer: string,
  open: () => Promise<Opened<T>>,
): Promise<Opened<T>> {
  try {
    return await open();
  } catch (error) {
    if (!isAppError(error)) throw error;
    const why =
      error.code === 'wrong-peer' ? 'signer' : error.code === 'bad-signature' ? 'signature' : 'form';
    const kind = `${statement}-${why}` as const satisfies ContradictionKind;
    throw new Contradiction(kind, `the ${statement}`, {
      index,
      expected: `a ${statement} signed by ${signer}`,
      found: error.message,
    });
  }
}

function assertBound({ index, receipt, lease, result }: AuditedEntry): void {
  const same = (kind: ContradictionKind, subject: string, expected: unknown, found: unknown): void => {
    if (expected !== found) throw new Contradiction(kind, subject, { index, expected, found });
  };
  same('lease-binding', 'the lease that the result answers', lease.digest, result.value.leaseDigest);
  same('lease-binding', 'the lease that the receipt is for', lease.digest, receipt.value.leaseDigest);
  same('result-binding', 'the result that the receipt is for', result.digest, receipt.value.resultDigest);
  same('lease-id', 'the lease id in the receipt', lease.value.id, receipt.value.lease);
  same('job', 'the job in the receipt', lease.value.job, receipt.value.job);
  same('contributor', 'who is credited', lease.value.contributor, receipt.value.contributor);
  const { logIndex = index } = receipt.value;
  same('log-index', 'the place that the receipt names', index, logIndex);
}
