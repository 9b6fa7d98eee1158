/** What the demo claims, and whether it is so. */
import { setImmediate } from 'node:timers/promises';
import type { Product } from '../client/arrays.ts';
import { countDifferences } from '../client/check.ts';
import type { TileworkClient } from '../client/client.ts';
import { formatBytes, formatCount, formatCredit, formatDuration } from '../core/units.ts';
import type { JobView, ReceiptView } from '../core/v1.ts';
import { checkReceipts } from '../coordinator/receipt-check.ts';
import { type Digits, PIXELS, TEST_DIGITS, TRAINING_DIGITS, nearestAccuracy } from './digits.ts';

/** Lease, result and receipt of every shard. */
const SIGNATURES_PER_SHARD = 3;
const MIN_ACCURACY = 0.9;
const MIN_MISS_LOG2 = 72;
export const CONTRIBUTORS = 2;
/** The most that one answer of the coordinator holds. */
const RECEIPTS_PER_PAGE = 1_000;

export interface DemoReport {
  readonly job: JobView;
  readonly receipts: number;
  readonly signatures: number;
  readonly accuracy: number;
  readonly differences: number;
  readonly wallMs: number;
  /** What does not hold; empty when the demo succeeded. */
  readonly failures: readonly string[];
}

export interface DemoOutcome {
  readonly client: TileworkClient;
  readonly job: JobView;
  readonly product: Product;
  readonly digits: Digits;
  /** The coordinator's. */
  readonly peerId: string;
  readonly wallMs: () => number;
}

export async function checkDemo(outcome: DemoOutcome): Promise<DemoReport> {
  const { client, job, product, digits, peerId } = outcome;
  const receipts = await receiptsOf(client, job);
  const { signatures, problems } = await checkReceipts(receipts, peerId);
  const values =
    product.values instanceof Int32Array ? product.values : new Int32Array(product.values.length);
  const shape = { rows: TEST_DIGITS, cols: TRAINING_DIGITS, k: PIXELS };
  const differences = await countDifferences(digits.a, digits.b, values, shape, () => setImmediate());
  const accuracy = nearestAccuracy(values, digits);
  const facts = { job, receipts: receipts.length, signatures, accuracy, differences };
  return { ...facts, wallMs: outcome.wallMs(), failures: [...problems, ...failuresOf(facts)] };
}

/** Every receipt of the job, whoever earned it. */
async function receiptsOf(client: TileworkClient, job: JobView): Promise<ReceiptView[]> {
  const found: ReceiptView[] = [];
  for (const { contributor } of job.contributions) {
    for (let before: ReceiptView | undefined; ;) {
      const page = await client.receipts({ contributor, limit: RECEIPTS_PER_PAGE, before });
      found.push(...page.filter((receipt) => receipt.job === job.id));
      before = page.at(-1);
      if (page.length < RECEIPTS_PER_PAGE) break;
    }
  }
  return found;
}

export function failuresOf(facts: Omit<DemoReport, 'wallMs' | 'failures'>): string[] {
  const { job, receipts, signatures, accuracy, differences } = facts;
  const earned = job.contributions.filter(({ shards }) => shards > 0).length;
  const claims: readonly (readonly [boolean, string])[] = [
    [job.state === 'done', `the job is ${job.state}`],
    [job.cellsVerified === job.cellsTotal, `${job.cellsVerified} of ${job.cellsTotal} cells are verified`],
    [earned === CONTRIBUTORS, `${earned} of ${CONTRIBUTORS} contributors earned a receipt`],
    [receipts === job.shards && receipts > 0, `${receipts} receipts for ${job.shards} shards`],
    [
      signatures === SIGNATURES_PER_SHARD * job.shards,
      `${signatures} good signatures of ${SIGNATURES_PER_SHARD * job.shards}`,
    ],
    [job.missLog2 >= MIN_MISS_LOG2, `a wrong number may pass with probability 2^-${job.missLog2}`],
    [differences === 0, `${differences} numbers differ from the CPU reference`],
    [accuracy >= MIN_ACCURACY, `the accuracy is only ${percent(accuracy)}`],
  ];
  return claims.filter(([holds]) => !holds).map(([, reason]) => reason);
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
const row = (name: string, text: string): string => `  ${name.padEnd(18)} ${text}`;

/** The table for people. */
export function reportLines(report: DemoReport): string[] {
  const { job, receipts, signatures, accuracy, differences, wallMs } = report;
  const computeMs = Math.max(1, (job.finishedMs ?? job.createdMs) - job.createdMs);
  const numbers = (job.rows * job.cols).toLocaleString('en');
  return [
    '',
    row('product', `${job.rows} × ${job.k} by ${job.k} × ${job.cols}, int8 → int32`),
    row('shards', `${job.shards}, each with a receipt: ${receipts === job.shards ? 'yes' : 'no'}`),
    ...job.contributions.map((one) =>
      row(
        `  …${one.contributor.slice(-8)}`,
        `${one.shards} shards, ${percent(one.multiplyAdds / job.multiplyAddsTotal)}, ${formatCredit(BigInt(one.microcredits))} credit`,
      ),
    ),
    row('moved', `${formatBytes(job.bytesDown)} to contributors, ${formatBytes(job.bytesUp)} back`),
    row('signatures', `${signatures} checked (lease, result and receipt of every shard)`),
    row(
      'Freivalds checks',
      `all ${job.cellsVerified} of ${job.cellsTotal} cells of C; misses possible ≤ 2^-${job.missLog2}`,
    ),
    row(
      'speed',
      `${formatCount((2000 * job.multiplyAddsVerified) / computeMs, 'FLOP')}/s verified, in ${formatDuration(computeMs)}`,
    ),
    row('accuracy', `${percent(accuracy)} of ${job.rows.toLocaleString('en')} digits`),
    row(
      'equals reference',
      differences === 0 ? `yes, all ${numbers} numbers` : `no: ${differences} of ${numbers} numbers differ`,
    ),
    row('time', formatDuration(wallMs)),
    '',
  ];
}

/** One line for scripts. */
export function reportJson({
  job,
  receipts,
  signatures,
  accuracy,
  differences,
  wallMs,
  failures,
}: DemoReport): string {
  return JSON.stringify({
    ok: failures.length === 0,
    shards: job.shards,
    verified: receipts,
    signatures,
    contributors: job.contributions.filter(({ shards }) => shards > 0).length,
    accuracy,
    equalsReference: differences === 0,
    wallMs: Math.round(wallMs),
  });
}
