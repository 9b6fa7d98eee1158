/**
 * Attackers against a real coordinator: `npm run bench -- adversary [--quick] [--json]`.
 *
 * Every strategy of test/adversary/strategies.ts, over libp2p, from this process; the coordinator and honest
 * contributors run in two others. Rounds with attackers lie between rounds without: an honest throughput is
 * the receipts a second of the one over those of the other two beside it.
 */
import { constants, setPriority } from 'node:os';
import { campaign } from '../adversary/campaign.ts';
import { type AttackedDtype, type Field, Tally, creditOf } from '../adversary/field.ts';
import { STRATEGIES, type Strategy } from '../adversary/strategies.ts';
import { product } from '../helpers/product.ts';
import { rounded, spread } from './statistics.ts';
import { Battlefield } from './adversary/battlefield.ts';

interface Plan {
  /** Cells of the attacked products; each is 256 × 32 numbers over K = 64. */
  readonly cells: Readonly<Record<AttackedDtype, number>>;
  /** Of each strategy. */
  readonly forgeries: number;
  readonly rounds: number;
  readonly quietMs: number;
  readonly sleep: Field['sleep'];
  readonly stallers: number;
  readonly holdMs: number;
}

const FULL: Plan = {
  cells: { i8: 512, f32: 256 },
  forgeries: 1000,
  rounds: 3,
  quietMs: 2000,
  sleep: { first: 500, others: 24 },
  stallers: 40,
  holdMs: 1000,
};
const QUICK: Plan = {
  cells: { i8: 256, f32: 128 },
  forgeries: 20,
  rounds: 1,
  quietMs: 500,
  sleep: { first: 8, others: 8 },
  stallers: 10,
  holdMs: 200,
};

const ATTACKERS = 4;
const CONTRIBUTORS = 6;
/** Of an honest contributor's GPU. In earnest leases last 5 to 60 s, so this is a hundred times the traffic. */
const SHARD_MS = 250;
/** Verified in a row, by each honest contributor, before anything is measured: then it may hold two leases. */
const WARM_SHARDS = 8;
/** What the coordinator may grow by from before the first attack to after the last. */
const MEMORY_BUDGET_BYTES = 256 * 2 ** 20;
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
  /** Of the coordinator's processors, for each forgery; honest work meanwhile is taken off. */
  readonly coordinatorMs: number;
  readonly honestThroughput: number;
  /** Of the coordinator afterwards, in bytes. */
  readonly rss: number;
  readonly heap: number;
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Measured {
  readonly ms: number;
  /** Honest receipts. */
  readonly receipts: number;
  /** The coordinator's processor time. */
  readonly cpuMs: number;
}

/** What happens while `work` runs. */
async function measure(field: Battlefield, work: () => Promise<unknown>): Promise<Measured> {
  const [{ cpuMs }, receipts, started] = [
    await field.usage(),
    sum(await field.receipts()),
    performance.now(),
  ];
  await work();
  const ms = performance.now() - started;
  const after = await field.usage();
  return { ms, receipts: sum(await field.receipts()) - receipts, cpuMs: after.cpuMs - cpuMs };
}

const rate = ({ receipts, ms }: Measured): number => receipts / ms;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function attack(field: Battlefield, strategy: Strategy, plan: Plan): Promise<Row> {
  await field.attack(strategy.dtype);
  const tally = new Tally();
  const quiet = (): Promise<Measured> => measure(field, () => delay(plan.quietMs));
  const quiets = [await quiet()];
  const attacks: Measured[] = [];
  const forgeries = Math.ceil(plan.forgeries / plan.rounds);
  for (let round = 0; round < plan.rounds; round++) {
    attacks.push(
      await measure(field, () => campaign(field, strategy, { forgeries, atOnce: ATTACKERS, tally })),
    );
    quiets.push(await quiet());
  }
  const ratios = attacks.map((round, i) => (2 * rate(round)) / (rate(quiets[i]!) + rate(quiets[i + 1]!)));
  const [ms, cpuMs] = [sum(attacks.map((round) => round.ms)), sum(attacks.map((round) => round.cpuMs))];
  const perReceipt = sum(quiets.map((round) => round.cpuMs)) / sum(quiets.map((round) => round.receipts));
  const honestMs = perReceipt * sum(attacks.map((round) => round.receipts));
  const all = tally.forgeries + tally.within;
  const { rss, heap } = await field.usage();
  const credit = await creditOf(field, tally.keys);
  return {
    strategy: strategy.name,
    forgeries: tally.forgeries,
    within: tally.within,
    accepted: tally.accepted,
    outcomes: Object.fromEntries(tally.outcomes),
    stolen: Number(credit - tally.earned),
    forgeriesPerSecond: (all * 1000) / ms,
    coordinatorMs: (cpuMs - honestMs) / all,
    honestThroughput: spread(ratios).median,
    rss,
    heap,
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
    'a second': Math.round(row.forgeriesPerSecond),
    'coordinator (ms)': row.coordinatorMs.toFixed(1),
    'memory, heap (MiB)': `${Math.round(row.rss / MIB)}, ${Math.round(row.heap / MIB)}`,
    'honest throughput': row.honestThroughput.toFixed(2),
  };
}

export interface AdversaryOptions {
  readonly quick: boolean;
  readonly json: boolean;
  /** Only strategies with this in their name. */
  readonly only: string;
}

/** Prints a table, and as the last line one JSON object. Sets the exit code where a promise is broken. */
export async function benchAdversary({ quick, json, only }: AdversaryOptions): Promise<void> {
  const plan = quick ? QUICK : FULL;
  const strategies = STRATEGIES.filter(({ name }) => name.includes(only));
  const started = performance.now();
  const field = await Battlefield.open({
    products: {
      i8: product('i8', 256 * plan.cells.i8, 32, 64),
      f32: product('f32', 256 * plan.cells.f32, 32, 64),
    },
    contributors: CONTRIBUTORS,
    shardMs: SHARD_MS,
    sleep: plan.sleep,
    stallers: plan.stallers,
    holdMs: plan.holdMs,
  });
  // Attackers have machines of their own: what they compute must not be taken from the coordinator's processors.
  setPriority(constants.priority.PRIORITY_LOW);
  try {
    while ((await field.receipts()).some((receipts) => receipts < WARM_SHARDS)) await delay(200);
    const before = await field.usage();
    const rows: Row[] = [];
    const wrong: string[] = [];
    for (const strategy of strategies) {
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
      strategies: strategies.length,
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
