/**
 * Attackers against a real coordinator: `npm run bench -- adversary [--quick] [--json]`.
 *
 * Every strategy of test/adversary/strategies.ts, over libp2p, from this process; the coordinator and honest
 * contributors run in two others. Rounds with attackers lie between rounds without: an honest throughput is
 * the receipts a second of the one over those of the other two beside it.
 */
import { campaign } from '../adversary/campaign.ts';
import { Tally, creditOf } from '../adversary/field.ts';
import { STRATEGIES, type Strategy } from '../adversary/strategies.ts';
import { product } from '../helpers/product.ts';
import { rounded, spread } from './statistics.ts';
import { Battlefield } from './adversary/battlefield.ts';

interface Plan {
  /** Of each strategy. */
  readonly forgeries: number;
  readonly rounds: number;
  readonly quietMs: number;
  readonly sleeperShards: number;
  readonly stallers: number;
  readonly holdMs: number;
}

const FULL: Plan = {
  forgeries: 1000,
  rounds: 3,
  quietMs: 2000,
  sleeperShards: 500,
  stallers: 50,
  holdMs: 1000,
};
const QUICK: Plan = { forgeries: 20, rounds: 1, quietMs: 500, sleeperShards: 8, stallers: 10, holdMs: 200 };

const ATTACKERS = 4;
const CONTRIBUTORS = 3;
const SHARD_MS = 100;
/** Verified in a row, by each honest contributor, before anything is measured: then its window is open. */
const WARM_SHARDS = 24;
/** Cells of the attacked product; each is 256 × 32 numbers. */
const CELLS = 512;
/** What the coordinator may grow by from before the first attack to after the last. */
const MEMORY_BUDGET_BYTES = 192 * 2 ** 20;
const HONEST_SHARE = 0.9;
const MIB = 2 ** 20;

interface Row {
  readonly strategy: string;
  readonly forgeries: number;
  readonly within: number;
  readonly accepted: number;
  readonly outcomes: Record<string, number>;
  /** Credit beyond that for true work, in microcredits. */
  readonly stolen: number;
  readonly forgeriesPerSecond: number;
  readonly honestThroughput: number;
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Honest receipts a second while `work` runs. */
async function honestRate(field: Battlefield, work: () => Promise<unknown>): Promise<number> {
  const [before, started] = [sum(await field.receipts()), performance.now()];
  await work();
  return ((sum(await field.receipts()) - before) * 1000) / (performance.now() - started);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function attack(field: Battlefield, strategy: Strategy, plan: Plan): Promise<Row> {
  await field.attack(strategy.dtype);
  const tally = new Tally();
  const quiet = (): Promise<number> => honestRate(field, () => delay(plan.quietMs));
  const quiets = [await quiet()];
  const ratios: number[] = [];
  let attackedMs = 0;
  for (let round = 0; round < plan.rounds; round++) {
    const forgeries = Math.ceil(plan.forgeries / plan.rounds);
    const started = performance.now();
    const attacked = await honestRate(field, () =>
      campaign(field, strategy, { forgeries, atOnce: ATTACKERS, tally }),
    );
    attackedMs += performance.now() - started;
    quiets.push(await quiet());
    ratios.push((2 * attacked) / (quiets.at(-1)! + quiets.at(-2)!));
  }
  const credit = await creditOf(field, tally.keys);
  return {
    strategy: strategy.name,
    forgeries: tally.forgeries,
    within: tally.within,
    accepted: tally.accepted,
    outcomes: Object.fromEntries(tally.outcomes),
    stolen: Number(credit - tally.earned),
    forgeriesPerSecond: Math.round((tally.forgeries + tally.within) / (attackedMs / 1000)),
    honestThroughput: spread(ratios).median,
  };
}

/** What is wrong with a row, in words; nothing where it is as promised. */
function faults(row: Row, { refusals }: Strategy): string[] {
  const strange = Object.keys(row.outcomes).filter((outcome) => !refusals.includes(outcome));
  return [
    ...(row.accepted > 0 ? [`${row.strategy}: ${row.accepted} accepted`] : []),
    ...(row.stolen === 0 ? [] : [`${row.strategy}: ${row.stolen} microcredits too many`]),
    ...strange.map((outcome) => `${row.strategy}: refused for the wrong reason (${outcome})`),
  ];
}

function print(row: Row): Record<string, string | number> {
  return {
    strategy: row.strategy,
    forgeries: row.within > 0 ? `(${row.within} within the bound)` : row.forgeries,
    accepted: row.accepted,
    'what became of them': Object.entries(row.outcomes)
      .map(([outcome, times]) => `${times} ${outcome}`)
      .join(', '),
    'credit stolen': row.stolen,
    'a second': row.forgeriesPerSecond,
    'honest throughput': row.honestThroughput.toFixed(2),
  };
}

export interface AdversaryOptions {
  readonly quick: boolean;
  readonly json: boolean;
}

/** Prints a table, and as the last line one JSON object. Sets the exit code where a promise is broken. */
export async function benchAdversary({ quick, json }: AdversaryOptions): Promise<void> {
  const plan = quick ? QUICK : FULL;
  const started = performance.now();
  const field = await Battlefield.open({
    products: { i8: product('i8', 256 * CELLS, 32, 64), f32: product('f32', 256 * CELLS, 32, 64) },
    contributors: CONTRIBUTORS,
    shardMs: SHARD_MS,
    sleeperShards: plan.sleeperShards,
    stallers: plan.stallers,
    holdMs: plan.holdMs,
  });
  try {
    while ((await field.receipts()).some((receipts) => receipts < WARM_SHARDS)) await delay(200);
    const before = await field.usage();
    const rows: Row[] = [];
    const wrong: string[] = [];
    for (const strategy of STRATEGIES) {
      const row = await attack(field, strategy, plan);
      rows.push(row);
      wrong.push(...faults(row, strategy));
      if (!json) process.stderr.write(`${row.strategy}: ${JSON.stringify(print(row))}\n`);
    }
    const after = await field.usage();
    const growth = after.rss - before.rss;
    const throughputs = rows.map((row) => row.honestThroughput);
    const worst = Math.min(...throughputs);
    // A quick run is too short to say anything about throughput and memory.
    if (!quick && worst < HONEST_SHARE) wrong.push(`honest throughput fell to ${worst.toFixed(2)}`);
    if (!quick && growth > MEMORY_BUDGET_BYTES) wrong.push(`memory grew by ${Math.round(growth / MIB)} MiB`);
    if (!json) console.table(rows.map(print));
    for (const fault of wrong) process.stderr.write(`${fault}\n`);
    if (wrong.length > 0) process.exitCode = 1;
    const summary = {
      bench: 'adversary',
      strategies: STRATEGIES.length,
      forgeries: sum(rows.map((row) => row.forgeries)),
      within_bound: sum(rows.map((row) => row.within)),
      accepted: sum(rows.map((row) => row.accepted)),
      stolen_microcredits: sum(rows.map((row) => row.stolen)),
      honest_throughput: rounded(spread(throughputs).median),
      honest_throughput_worst: rounded(worst),
      rss_mib: Math.round(after.rss / MIB),
      rss_growth_mib: Math.round(growth / MIB),
      seconds: Math.round((performance.now() - started) / 1000),
      ok: wrong.length === 0,
    };
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  } finally {
    await field.close();
  }
}
