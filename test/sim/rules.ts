/** What must hold between any two events, and at the end (DESIGN §8). */
import type { ActiveLease } from '../../src/coordinator/work.ts';
import { cellsOf } from './record.ts';
import type { SeenCheckpoint, Simulation } from './simulation.ts';

const MIN_DEADLINE_MS = 30_000;
const MAX_DEADLINE_MS = 15 * 60_000;
/** When somebody else may have a copy. */
const lateMs = ({ issuedMs, expectedMs }: ActiveLease): number =>
  issuedMs + Math.min(60_000, 1.5 * expectedMs + 2000);

export function checkNow({ coordinator, record }: Simulation): void {
  if (!coordinator) return;
  const { scheduler, running } = coordinator;
  const byJob = new Map<string, ActiveLease[]>();
  for (const lease of scheduler.leases()) {
    const lasts = lease.deadlineMs - lease.issuedMs;
    if (lasts < MIN_DEADLINE_MS || lasts > MAX_DEADLINE_MS) throw new Error(`a lease lasts ${lasts} ms`);
    const leases = byJob.get(lease.job.id);
    if (leases) leases.push(lease);
    else byJob.set(lease.job.id, [lease]);
  }
  for (const id of running.keys()) {
    const progress = scheduler.progressOf(id)!;
    const { cells, cols } = record.jobs.get(id)!;
    const holders = new Map<number, ActiveLease[]>();
    for (const lease of byJob.get(id) ?? []) {
      for (const cell of cellsOf(lease.rect, cols)) {
        const others = holders.get(cell) ?? [];
        if (others.some(({ peer }) => peer === lease.peer))
          throw new Error(`${lease.peer} holds cell ${cell} of ${id} twice`);
        if (others.some((other) => lease.issuedMs <= lateMs(other)))
          throw new Error(`cell ${cell} of ${id} is leased twice, and who has it is not late`);
        holders.set(cell, [...others, lease]);
      }
    }
    if (progress.verified > cells.size) throw new Error(`${id} has verified cells that are not on record`);
    if (progress.open + progress.verified + holders.size !== progress.total)
      throw new Error(`cells of ${id} were lost`);
  }
}

export function checkCheckpoint({ record }: Simulation, { size, digest }: SeenCheckpoint): void {
  if (size > record.log.length) throw new Error(`the log was cut to ${record.log.length} from ${size}`);
  if (size > 0 && record.log[size - 1]!.digest !== digest) throw new Error('the log has been rewritten');
}

export function checkAtEnd(simulation: Simulation): void {
  const { record, receipts, checkpoints, faults } = simulation;
  // Each verified cell in one shard, and each shard in the log once, to the key in its lease.
  for (const { spec, state, cells, rows, cols } of record.jobs.values()) {
    if (state === 'done' && cells.size !== rows * cols)
      throw new Error(`${spec.id} is done without all cells`);
    const shards = Array.from(record.shards.values()).filter(({ lease }) => lease.job === spec.id);
    const covered = shards.flatMap(({ lease }) => cellsOf(lease.rect, cols));
    if (new Set(covered).size !== covered.length || covered.length !== cells.size)
      throw new Error(`cells of ${spec.id} are credited twice, or not at all`);
  }
  if (record.log.length !== record.shards.size) throw new Error('not one leaf a shard');
  const sums = new Map<string, bigint>();
  for (const { lease, microcredits } of record.shards.values())
    sums.set(lease.contributor, (sums.get(lease.contributor) ?? 0n) + microcredits);
  for (const [contributor, balance] of record.balances)
    if (sums.get(contributor) !== balance) throw new Error(`the balance of ${contributor} is no fold`);
  for (const [id, receipt] of receipts)
    if (record.shards.get(id)?.balance !== receipt.balance) throw new Error(`the receipt of ${id} is lost`);
  for (const checkpoint of checkpoints) checkCheckpoint(simulation, checkpoint);
  // What a failed statement has left open stays so until the next start.
  const open = Array.from(record.leases.values()).filter(({ state }) => state === 'open');
  const known = open.filter(({ id }) => simulation.coordinator!.scheduler.lease(id));
  if (faults.disk === 0 && open.length > known.length)
    throw new Error(
      `${open.find(({ id }) => !simulation.coordinator!.scheduler.lease(id))!.id} is open for ever`,
    );
}
