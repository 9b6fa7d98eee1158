/**
 * Simulated networks, each from a seed: `npm run sim -- --faults [--seeds N] [--seed S] [--sql N] [--json]`, where
 * anything fails, and `npm run sim -- --contributors N …`, where the scheduler meets a crowd (see scale/main.ts).
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Replay } from './replay.ts';
import { hasScaleFlags, runScale } from './scale/main.ts';
import { Simulation } from './simulation.ts';

const args = process.argv.slice(2);
if (hasScaleFlags(args)) process.exit(runScale(args));

const { values } = parseArgs({
  options: {
    faults: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '10000' },
    seed: { type: 'string' },
    // Every so manyth seed is carried out in SQL as well; 0: none.
    sql: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
});
const [seeds, sql] = [Number(values.seeds), Number(values.sql)];
const only = values.seed === undefined ? undefined : Number(values.seed);
if (![seeds, sql, only ?? 0].every((value) => Number.isSafeInteger(value) && value >= 0)) {
  process.stderr.write('npm run sim -- [--faults] [--seeds N] [--seed S] [--sql N] [--json]\n');
  process.exit(2);
}
const say = (text: string): unknown => values.json || process.stdout.write(`${text}\n`);

const replay = await Replay.open();
const started = performance.now();
const failed: number[] = [];
const totals = { seeds: 0, events: 0, crashes: 0, leases: 0, shards: 0, sqlSeeds: 0 };
const traces = createHash('sha256');

async function runSeed(seed: number, inSql: boolean): Promise<void> {
  const simulation = new Simulation({ seed, faults: values.faults });
  try {
    simulation.run();
    if (inSql) {
      await replay.run(simulation);
      totals.sqlSeeds += 1;
    }
  } catch (error) {
    failed.push(seed);
    say(
      `WRONG: ${(error as Error).message}; again: npm run sim -- ${values.faults ? '--faults ' : ''}--seed ${seed}`,
    );
  }
  totals.seeds += 1;
  totals.events += simulation.events;
  totals.crashes += simulation.crashes;
  totals.leases += simulation.granted.length;
  totals.shards += simulation.record.shards.size;
  traces.update(simulation.hash);
  if (only === undefined) return;
  for (const line of simulation.trace) say(line);
  say(`trace ${simulation.hash}`);
}

if (only === undefined) {
  for (let seed = 1; seed <= seeds; seed++) {
    await runSeed(seed, sql > 0 && seed % sql === 0);
    if (seed % 1000 === 0)
      say(`${seed} seeds, ${totals.crashes} crashes, ${Math.round((performance.now() - started) / 1000)} s`);
  }
} else {
  await runSeed(only, sql > 0);
}
try {
  await replay.finish();
} catch (error) {
  failed.push(-1);
  say(`WRONG: ${(error as Error).message}`);
}
const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
const hash = traces.digest('hex').slice(0, 16);
say(
  `${totals.seeds} seeds: ${totals.events} events, ${totals.crashes} crashes, ${totals.leases} leases, ${totals.shards} shards; ` +
    `${totals.sqlSeeds} seeds (${replay.steps} steps, ${replay.settled} settlements) compared with the SQL ledger and its log`,
);
const { sqlSeeds: sql_seeds, ...counted } = totals;
process.stdout.write(
  `${JSON.stringify({ bench: 'sim', faults: values.faults, ...counted, sql_seeds, failed: failed.length, first_failed: failed[0] ?? null, traces: hash, seconds })}\n`,
);
await replay.close();
process.exit(failed.length === 0 ? 0 : 1);
