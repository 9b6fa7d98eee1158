/** Checks receipts as a stranger can: three signatures a shard, and that they speak of one another. */
import { toAppError } from '../core/errors.ts';
import type { ReceiptView } from '../core/v1.ts';
import { openLease, openReceipt, openResult } from '../protocol/envelope.ts';

/** `coordinator` is its PeerId. `problems` is empty when every receipt holds. */
export async function checkReceipts(
  receipts: readonly ReceiptView[],
  coordinator: string,
): Promise<{ signatures: number; problems: string[] }> {
  let signatures = 0;
  const problems: string[] = [];
  for (const view of receipts) {
    try {
      const lease = await openLease(Buffer.from(view.lease, 'base64'), coordinator);
      const result = await openResult(Buffer.from(view.result, 'base64'), view.contributor);
      const receipt = await openReceipt(Buffer.from(view.receipt, 'base64'), coordinator);
      signatures += 3;
      const statement = receipt.value;
      const holds =
        lease.value.contributor === view.contributor &&
        statement.contributor === view.contributor &&
        result.value.leaseDigest === lease.digest &&
        statement.leaseDigest === lease.digest &&
        statement.resultDigest === result.digest &&
        statement.microcredits.toString() === view.microcredits;
      if (!holds) problems.push(`the receipt of shard ${view.shard} does not match its lease and result`);
    } catch (error) {
      problems.push(`shard ${view.shard}: ${toAppError(error).message}`);
    }
  }
  return { signatures, problems };
}
