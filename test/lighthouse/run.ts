/**
 * `npm run lighthouse -- [--runs 3] [--json]`: the built pages, served by a real coordinator on loopback, in the eyes of
 * Lighthouse: a phone of the middle class on a slow mobile network. Exits 1 when a score is below 95. Lighthouse is no
 * part of this repo: npx fetches the version below when it is asked for.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumFlags, findBrowser } from '../../src/cli/browser.ts';
import { PAGE_DIR } from '../e2e/visitor.ts';
import buildPage from '../helpers/build-page.ts';
import { testCoordinator } from '../helpers/network.ts';
import { product, submit } from '../helpers/product.ts';
import { CATEGORIES, LEAST_SCORE, medianScores, type Scored, scoresOf } from './scores.ts';

const LIGHTHOUSE = 'lighthouse@13.5.0';
const PAGES = ['index.html', 'network.html'];

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const runs = Number(values.runs);
if (!(runs >= 1 && runs <= 9)) {
  process.stderr.write('npm run lighthouse -- [--runs 3] [--json]\n');
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'tilework-lighthouse-'));

async function look(url: string): Promise<Scored> {
  const path = join(folder, 'report.json');
  const flags = ['--headless=new', ...chromiumFlags(true)];
  await ended(
    spawn(
      'npx',
      [
        '--yes',
        LIGHTHOUSE,
        url,
        '--quiet',
        '--output=json',
        `--output-path=${path}`,
        `--only-categories=${CATEGORIES.join(',')}`,
        `--chrome-flags=${flags.join(' ')}`,
      ],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, CHROME_PATH: findBrowser(process.env, 'chromium').path },
      },
    ),
  );
  return scoresOf(await readFile(path, 'utf8'));
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${LIGHTHOUSE} ended with ${signal ?? code}`));
    });
  });
}

await buildPage();
const coordinator = await testCoordinator({ pageDir: PAGE_DIR, network: 'lighthouse' });
try {
  await submit(coordinator, product('i8', 512, 512, 16), 'digits');
  for (const page of PAGES) {
    const looks: Scored[] = [];
    for (let i = 0; i < runs; i++) looks.push(await look(`${coordinator.url}/${page}`));
    const scores = medianScores(looks);
    const findings = [...new Set(looks.flatMap((each) => each.findings))];
    if (values.json) process.stdout.write(`${JSON.stringify({ page, runs, scores, findings })}\n`);
    else {
      const said = CATEGORIES.map((category) => `${category} ${scores[category]}`).join(', ');
      process.stdout.write(`${page}: ${said}\n${findings.map((text) => `  ${text}\n`).join('')}`);
    }
    if (CATEGORIES.some((category) => scores[category] < LEAST_SCORE)) process.exitCode = 1;
  }
} finally {
  await coordinator.remove();
  await rm(folder, { recursive: true, force: true });
}
