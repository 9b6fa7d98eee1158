/** What the public record says of a job's leases. */
import type { JobView, ReceiptView } from '../../../src/core/v1.ts';
import { openLease, openResult } from '../../../src/protocol/envelope.ts';
import { api } from '../../helpers/product.ts';
import type { Api } from './operand.ts';
import type { LeaseTrace } from './report.ts';

/** Verified ones, in the order in which they were given out. */
export async function leasesOf(home: Api, job: JobView, peers: readonly string[]): Promise<LeaseTrace[]> {
  const traces: LeaseTrace[] = [];
  for (const [contributor, peer] of peers.entries()) {
    const receipts = await api<ReceiptView[]>(home, `/v1/receipts?contributor=${peer}&limit=1000`);
    for (const receipt of receipts) {
      if (receipt.job !== job.id) continue;
      const [lease, result] = await Promise.all([
        openLease(Buffer.from(receipt.lease, 'base64')),
        openResult(Buffer.from(receipt.result, 'base64')),
      ]);
      const { issuedMs, work } = lease.value;
      traces.push({
        contributor,
        rect: { row: work.rowBlock, col: work.colBlock, rows: work.rowBlocks, cols: work.colBlocks },
        issued: (issuedMs - job.createdMs) / 1000,
        verified: (receipt.verifiedMs - job.createdMs) / 1000,
        gpuSeconds: result.value.gpuMs / 1000,
      });
    }
  }
  return traces.sort((x, y) => x.issued - y.issued);
}
