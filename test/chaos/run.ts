/** `npm run chaos -- --kills N --seed S [--json]`: kill −9, again and again, under load. */
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';
import { POINTS } from './points.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('npm run chaos -- [--kills N] [--seed S] [--json]\n');
  process.exit(2);
}
const say = (text: string): unknown => values.json || process.stdout.write(`${text}\n`);

say(`${kills} deaths by SIGKILL of a coordinator with 3 contributors and a requester, seed ${seed}`);
const report = await runChaos({
  kills,
  seed,
  onKill: ({ number, point, downMs, shards }) =>
    say(
      `${String(number).padStart(4)}  ${point.padEnd(10)}  down ${(downMs / 1000).toFixed(1)} s, ${shards} shards`,
    ),
});
say('');
for (const point of POINTS) say(`${String(report.points[point]).padStart(4)}  at ${point}`);
say(`${report.jobs} jobs ended, every number of them compared; ${report.shards} shards on record`);
say(`${report.receipts} receipts held by contributors, compared with ledger and log after each death`);
say(`${report.checkpoints} checkpoints compared with the log`);
for (const problem of report.problems) say(`WRONG: ${problem}`);
const { lost, doubleCredits, problems, points, ...rest } = report;
const seconds = Math.round(rest.seconds);
process.stdout.write(
  `${JSON.stringify({ bench: 'chaos', seed, ...rest, seconds, points, lost, double_credits: doubleCredits, problems: problems.length })}\n`,
);
// Sockets of engines and of fetch may linger; whatever was started has ended.
process.exit(problems.length === 0 ? 0 : 1);
