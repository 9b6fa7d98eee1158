/**
 * How fast an audit goes: `npm run bench -- audit [--entries N] [--json]`.
 *
 * The log is built first, with real keys and a contributor for every 64 entries; files are read from memory,
 * so what is measured is hashing, signatures and the books. The result that is checked again is one honest
 * i8 shard of 1,024 × 1,024 over K = 1,024, its blocks hashed and r drawn anew each time.
 */
import { systemClock } from '../../src/core/clock.ts';
import { formatBytes, formatCount } from '../../src/core/units.ts';
import { audit } from '../../src/audit/audit.ts';
import { LogBuilder, filesSource } from '../audit/log-builder.ts';
import { type Matrices, matrices } from '../audit/product-files.ts';

export interface AuditBench {
  readonly entries?: number | undefined;
  readonly json: boolean;
}

const ENTRIES = 10_000;
const ENTRIES_PER_CONTRIBUTOR = 64;
const SIDE = 1024;
const RECHECKS = 8;

const CELL = { rowBlock: 0, colBlock: 0, rowBlocks: 1, colBlocks: 1 };

async function logOf(entries: number): Promise<LogBuilder> {
  const contributors = Math.ceil(entries / ENTRIES_PER_CONTRIBUTOR);
  const log = await LogBuilder.open(contributors);
  const tiny = await matrices('i8', 1, 1, 1);
  for (let entry = 0; entry < entries; entry++) {
    await log.credit(tiny, CELL, { who: entry % contributors, job: `job-${entry}` });
  }
  await log.publish();
  return log;
}

async function recheckRate(shard: Matrices): Promise<{ ms: number; multiplyAddsPerSecond: number }> {
  const log = await LogBuilder.open(1);
  for (let i = 0; i < RECHECKS; i++) {
    await log.credit(shard, { ...CELL, rowBlocks: 4, colBlocks: 4 }, { job: `job-${i}` });
  }
  const source = filesSource(await log.publish());
  const { rechecked, recheckMs } = await audit({ source, clock: systemClock, sample: 'all', seed: 1 });
  return {
    ms: recheckMs / RECHECKS,
    multiplyAddsPerSecond: (1000 * Number(rechecked.multiplyAdds)) / recheckMs,
  };
}

export async function benchAudit({ entries = ENTRIES, json }: AuditBench): Promise<void> {
  const log = await logOf(entries);
  const source = filesSource(log.files);
  const before = process.memoryUsage();
  let peakRss = before.rss;
  const report = await audit({
    source,
    clock: systemClock,
    sample: 0,
    seed: 1,
    onProgress: () => {
      peakRss = Math.max(peakRss, process.memoryUsage.rss());
    },
  });
  const recheck = await recheckRate(await matrices('i8', SIDE, SIDE, SIDE));
  const bytes = [...log.files.values()].reduce((sum, file) => sum + file.length, 0);
  const row = {
    bench: 'audit',
    entries: report.size,
    bytes,
    signatures: report.signatures,
    entriesPerSecond: Math.round((1000 * report.size) / report.logMs),
    signaturesPerSecond: Math.round((1000 * report.signatures) / report.logMs),
    rssGrowthBytes: peakRss - before.rss,
    recheckMs: Math.round(10 * recheck.ms) / 10,
    recheckedPerSecond: Math.round(recheck.multiplyAddsPerSecond),
  };
  if (json) {
    console.log(JSON.stringify(row));
    return;
  }
  console.log(
    [
      `log      ${row.entries.toLocaleString('en')} entries, ${formatBytes(bytes)}: ${row.entriesPerSecond.toLocaleString('en')} entries/s, ${row.signaturesPerSecond.toLocaleString('en')} signatures/s`,
      `memory   grew by ${formatBytes(row.rssGrowthBytes)} (RSS)`,
      `results  ${row.recheckMs} ms for a shard of ${SIDE} × ${SIDE} over K = ${SIDE} at 2^-108: ${formatCount(recheck.multiplyAddsPerSecond, 'multiply-adds')}/s`,
    ].join('\n'),
  );
}
