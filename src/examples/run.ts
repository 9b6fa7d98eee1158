/** `npm run example -- NAME`: real work through the SDK, checked against a computation of its own. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { TileworkClient } from '../client/client.ts';
import { systemClock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import { connect } from '../cli/connection.ts';
import type { Context } from '../cli/context.ts';
import { reportFailure } from '../cli/failure.ts';
import { interruptSignal } from '../cli/interrupt.ts';
import { withOwnNetwork } from '../cli/own-network.ts';
import { processTerminal } from '../cli/terminal.ts';
import { accountJson, accountLines, findingLines } from './account.ts';
import { digitsExample } from './digits.ts';
import { gramExample } from './gram.ts';
import { pcaExample } from './pca.ts';
import { wordsExample } from './words.ts';
import { type Example, World } from './world.ts';

const EXAMPLES: Readonly<Record<string, Example>> = {
  digits: digitsExample,
  pca: pcaExample,
  words: wordsExample,
  gram: gramExample,
};

const HELP = `npm run example -- NAME [options]

${Object.entries(EXAMPLES)
  .map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`)
  .join('\n')}

Each starts a coordinator and a headless contributor of its own, and ends with one line of JSON.

  --url URL        use a running network instead: its coordinator
  --token TOKEN    what that asks for (or TILEWORK_TOKEN; else --data with its data folder on this machine)
  --data FOLDER
  --out FOLDER     where files go (default: a folder in the temporary one)
  --debug          show what the coordinator logs
`;

const OPTIONS = {
  url: { type: 'string' },
  token: { type: 'string' },
  data: { type: 'string' },
  out: { type: 'string' },
  debug: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const terminal = processTerminal(systemClock);
/** The example that has yet to say in JSON how it ended. */
let unsaid: string | undefined;
const signal = interruptSignal(process, systemClock);

async function main(): Promise<void> {
  const { values, positionals } = parsed();
  const [name = ''] = positionals;
  const example = EXAMPLES[name];
  if (values.help || name === '') {
    terminal.out(HELP.trimEnd());
    return;
  }
  if (!example || positionals.length > 1) {
    throw new AppError(
      'bad-input',
      `there is no example "${positionals.join(' ')}": it is one of ${Object.keys(EXAMPLES).join(', ')}`,
    );
  }
  unsaid = name;
  const context: Context = { terminal, clock: systemClock, env: process.env, signal, debug: values.debug };
  const outDir = values.out ?? join(tmpdir(), 'tilework-examples');
  await mkdir(outDir, { recursive: true });
  await example.prepare?.((line) => {
    terminal.note(line);
  }, signal);
  if (values.url !== undefined) {
    const client = await connect(values, process.env);
    const world = new World({ client, context, outDir, dismiss: () => Promise.resolve() });
    await report(name, example, world);
    return;
  }
  await withOwnNetwork(
    { name: 'Tilework examples', contributors: 1 },
    context,
    async ({ coordinator, contributors }, within) => {
      await contributors.ready();
      const client = new TileworkClient(coordinator);
      const world = new World({ client, context: within, outDir, dismiss: () => contributors.stop() });
      await report(name, example, world);
    },
  );
}

function parsed(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new AppError('bad-input', `${toAppError(error).message} (--help shows what there is)`);
  }
}

async function report(name: string, example: Example, world: World): Promise<void> {
  const finding = await example.run(world);
  for (const line of ['', ...accountLines(world.tally), ...findingLines(finding), '']) terminal.out(line);
  terminal.out(accountJson(name, world.tally, finding));
  unsaid = undefined;
  const wrong = finding.checks.filter(({ holds }) => !holds);
  if (wrong.length > 0)
    throw new AppError('internal', `the example is wrong: ${wrong.map(({ claim }) => claim).join('; ')}`);
}

try {
  await main();
} catch (error) {
  if (unsaid !== undefined)
    terminal.out(JSON.stringify({ example: unsaid, ok: false, error: toAppError(error).message }));
  process.exitCode = reportFailure(error, terminal, process.argv.includes('--debug'));
}
