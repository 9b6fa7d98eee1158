/** DESIGN §8, seen from outside: what others were told against what the coordinator has on record. */
import type { Crew } from './crew.ts';
import { type Inspection, digestOf } from './inspect.ts';

export interface Findings {
  /** Receipts that an engine holds and the ledger (or the log) does not. */
  readonly lost: string[];
  readonly doubleCredits: string[];
  readonly other: string[];
}

export function compareRecord(
  record: Inspection,
  crew: Crew,
  log?: { has(bytes: Uint8Array): boolean },
): Findings {
  const found: Findings = { lost: [], doubleCredits: [], other: [...record.contradictions] };
  const shards = new Map(record.shards.map((shard) => [shard.id, shard]));
  for (const [lease, { receipt, envelope }] of crew.held) {
    const shard = shards.get(lease);
    if (!shard) found.lost.push(`the ledger has lost the shard of lease ${lease}`);
    else if (shard.receipt !== digestOf(envelope))
      found.lost.push(`the receipt of lease ${lease} is another`);
    const balance = BigInt(record.balances[receipt.contributor] ?? 0);
    if (balance < receipt.balanceMicrocredits)
      found.lost.push(`${receipt.contributor} had ${receipt.balanceMicrocredits} and has ${balance}`);
    if (log && !log.has(envelope)) found.lost.push(`the log has lost the receipt of lease ${lease}`);
  }
  for (const lease of crew.twice) found.doubleCredits.push(`two receipts for lease ${lease}`);
  checkCells(record, found);
  checkCredit(record, found);
  return found;
}

/** Every verified cell belongs to one shard; a job that is done has them all, and all of its multiply-adds. */
function checkCells(record: Inspection, found: Findings): void {
  const owners = new Map<string, string>();
  const cells = new Map<string, number>();
  const work = new Map<string, bigint>();
  for (const { id, job, rowBlock, colBlock, rowBlocks, colBlocks, multiplyAdds } of record.shards) {
    for (let row = rowBlock; row < rowBlock + rowBlocks; row++) {
      for (let col = colBlock; col < colBlock + colBlocks; col++) {
        const cell = `${job} ${row},${col}`;
        if (owners.has(cell))
          found.doubleCredits.push(`cell ${cell} is credited by ${owners.get(cell)} and ${id}`);
        owners.set(cell, id);
      }
    }
    cells.set(job, (cells.get(job) ?? 0) + rowBlocks * colBlocks);
    work.set(job, (work.get(job) ?? 0n) + BigInt(multiplyAdds));
  }
  for (const { id, state, rows, cols, k, cells: counted } of record.jobs) {
    if (counted !== (cells.get(id) ?? 0)) found.other.push(`job ${id} has cells without a shard`);
    const all = BigInt(rows) * BigInt(cols) * BigInt(k);
    if (state === 'done' && work.get(id) !== all)
      found.other.push(`job ${id} is done with ${work.get(id)} of ${all} multiply-adds credited`);
  }
}

function checkCredit(record: Inspection, found: Findings): void {
  if (record.credits > record.shards.length)
    found.doubleCredits.push(`${record.credits} credits for ${record.shards.length} shards`);
  const sums = new Map<string, bigint>();
  for (const { contributor, microcredits } of record.shards)
    sums.set(contributor, (sums.get(contributor) ?? 0n) + BigInt(microcredits));
  for (const [contributor, sum] of sums) {
    if (BigInt(record.balances[contributor] ?? 0) !== sum)
      found.other.push(`${contributor} has ${record.balances[contributor]} for shards of ${sum}`);
  }
}
