/** `npm run sim -- --scenario NAME`: a run that has a name, or the same with other numbers. */
import { parseArgs } from 'node:util';
import { lastOf, reportOf, tableOf } from './report.ts';
import { ScaleRun } from './scale.ts';
import { SCENARIOS, type ScenarioFlags, scenario } from './scenarios.ts';

const USAGE = `npm run sim -- --scenario ${SCENARIOS.join('|')} [--seed N] [--contributors N] [--cells N | --rows N --cols N] [--k N]
  [--jobs N] [--churn on|off] [--entry-bytes X] [--trace | --trace-hash] [--last N] [--json]
`;

const OPTIONS = {
  scenario: { type: 'string', default: 'crowd' },
  seed: { type: 'string', default: '1' },
  contributors: { type: 'string' },
  cells: { type: 'string' },
  rows: { type: 'string' },
  cols: { type: 'string' },
  k: { type: 'string' },
  jobs: { type: 'string' },
  churn: { type: 'string' },
  'entry-bytes': { type: 'string' },
  trace: { type: 'boolean', default: false },
  // The last leases of the run, one by one.
  last: { type: 'string', default: '0' },
  'trace-hash': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** Flags that the simulator of faults has too. */
const SHARED: ReadonlySet<string> = new Set(['seed', 'json']);

export function hasScaleFlags(args: readonly string[]): boolean {
  return Object.keys(OPTIONS).some(
    (name) => !SHARED.has(name) && args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
  );
}

/** @returns the exit code */
export function runScale(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const numbers = {
    seed: Number(values.seed),
    ...numberOf('contributors', values.contributors),
    ...numberOf('rows', sideOf(values.cells) ?? values.rows),
    ...numberOf('cols', sideOf(values.cells) ?? values.cols),
    ...numberOf('k', values.k),
    ...numberOf('jobs', values.jobs),
    ...numberOf('entryBytes', values['entry-bytes']),
  };
  const isWrong = Object.values(numbers).some((value) => !(value >= 0) || !Number.isFinite(value));
  if (isWrong || !SCENARIOS.includes(values.scenario) || !['on', 'off', undefined].includes(values.churn)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const flags: ScenarioFlags = { ...numbers, ...(values.churn && { churn: values.churn === 'on' }) };
  const say = values.trace ? (line: string): unknown => process.stdout.write(`${line}\n`) : undefined;
  const started = performance.now();
  const run = new ScaleRun(scenario(values.scenario, flags), flags.seed, say).run();
  const report = reportOf(run, flags.seed, (performance.now() - started) / 1000);
  if (Number(values.last) > 0) process.stdout.write(`${lastOf(run, Number(values.last))}\n`);
  if (values['trace-hash']) process.stdout.write(`${report.trace}\n`);
  else process.stdout.write(`${values.json ? JSON.stringify(report) : tableOf(report)}\n`);
  return report.forgeries.accepted === 0 ? 0 : 1;
}

function numberOf(name: string, text: string | undefined): Record<string, number> {
  return text === undefined ? {} : { [name]: Number(text) };
}

/** Rows and columns of a square C of so many cells. */
function sideOf(cells: string | undefined): string | undefined {
  return cells === undefined ? undefined : String(256 * Math.round(Math.sqrt(Number(cells))));
}
