/**
 * Takes pictures of the network page with a network that is busier than a test's: figures made up here, served as a
 * coordinator serves them.
 *
 *   node test/e2e/network-picture.ts [folder]
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { seededRng } from '../../src/core/rng.ts';
import { toRuns } from '../../src/core/runs.ts';
import { launchBrowser } from '../helpers/browser.ts';
import { buildNetworkPage } from '../helpers/network-build.ts';

const [out = 'test/e2e/screenshots'] = process.argv.slice(2);
const [ROWS, COLS, PEOPLE] = [24, 40, 14];
const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const NAMES = ['Ada', 'Grace', 'Emmy', 'Sofja', 'Kurt', 'Hedy', '', 'Alan', 'Mary', '', 'Ludwig', 'Ida'];

const rng = seededRng(7);
const pick = (count: number): number => Math.floor(rng.float() * count);
const peers = Array.from(
  { length: PEOPLE },
  () => `12D3KooW${Array.from({ length: 44 }, () => DIGITS[pick(DIGITS.length)]).join('')}`,
);
const YOU = peers[2]!;

/** Territories, as the scheduler gives them: rectangles that grew beside each other. */
function owners(): number[] {
  const cells = Array.from({ length: ROWS * COLS }, () => 0);
  const seeds = peers.map(() => [pick(ROWS), pick(COLS), 0.7 + rng.float()] as const);
  for (const cell of cells.keys()) {
    const [row, col] = [Math.floor(cell / COLS), cell % COLS];
    const far = seeds.map(([y, x, weight]) => Math.max(Math.abs(row - y), Math.abs(col - x)) / weight);
    const nearest = Math.min(...far);
    if (nearest < 4.6 && rng.float() < 0.97) cells[cell] = far.indexOf(nearest) + 1;
  }
  return cells;
}

const cells = owners();
const laid = cells.filter((owner) => owner > 0).length;
const work = (share: number) => ({
  shards: Math.ceil(share * 90),
  multiplyAdds: share * 4e13,
  microcredits: String(Math.ceil(share * 4e7)),
});
const network = {
  contributorsNow: PEOPLE,
  flopsLastMinute: 5.31e12,
  flopsLastHour: 4.87e12,
  jobsRunning: 2,
};
const job = (id: string, project: string, title: string, done: number, boundShare: number | null) => ({
  job: id,
  project,
  title,
  cellsVerified: done,
  cellsTotal: ROWS * COLS,
  boundShare,
});
const rank = (contributor: string, i: number) => ({
  rank: i + 1,
  contributor,
  name: NAMES[i] ?? '',
  team: i % 3 === 0 ? 'Tilers of Delft' : '',
  members: 1,
  ...work(1 / (i + 1)),
});
const mosaic = {
  job: 'a',
  project: 'Protein maps',
  state: 'running',
  rows: ROWS,
  cols: COLS,
  tileRows: 1,
  tileCols: 1,
  cells: toRuns(Uint32Array.from(cells)),
  verified: null,
  contributors: peers,
  version: 'e-1',
};

function answer(path: string): unknown {
  if (path === '/v1/mosaic') return mosaic;
  if (path === '/v1/leaderboard')
    return { by: 'contributor', window: 'week', rows: peers.slice(0, 6).map(rank) };
  if (path.startsWith('/v1/contributors/'))
    return { ...rank(YOU, 2), profile: null, day: work(0.1), week: work(0.2) };
  return {
    network: 'Tilework',
    coordinator: peers[0],
    ...network,
    shardsVerified: 48_213,
    multiplyAddsVerified: 9.31e15,
    jobs: [
      job('a', 'Protein maps', 'Similarity of 10,240 folds', laid, 0.83),
      job('b', 'Handwritten digits', '', 0, null),
    ],
    receipts: Array.from({ length: 5 }, (_, i) => ({
      contributor: peers[i],
      multiplyAdds: 2.2e10 + 3e9 * i,
      verifiedMs: Date.now() - 9000 * i * (i + 1),
      logIndex: 48_212 - i,
    })),
  };
}

function events(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`event: network\ndata: ${JSON.stringify(network)}\n\n`);
}

const folder = await mkdtemp(join(tmpdir(), 'tilework-picture-'));
await buildNetworkPage(folder);
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/v1/events') events(response);
  else if (pathname.startsWith('/v1/')) response.end(JSON.stringify(answer(pathname)));
  else
    readFile(join(folder, pathname)).then(
      (body) => response.setHeader('content-type', TYPES[extname(pathname)] ?? 'text/plain').end(body),
      () => response.writeHead(404).end(),
    );
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const browser = await launchBrowser('chromium');
try {
  await mkdir(out, { recursive: true });
  const page = await browser.newPage();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/network.html`;
  for (const [name, scheme, width, height, hash] of [
    ['network-light', 'light', 480, 560, YOU],
    ['network-dark', 'dark', 480, 560, YOU],
    ['network-phone', 'dark', 360, 640, ''],
  ] as const) {
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto('about:blank');
    await page.goto(`${url}#${hash}`);
    await page.waitForSelector('tilework-network[data-state="live"] tilework-mosaic[data-state="live"]');
    if (hash) await page.waitForSelector('.found');
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    const path = `${resolve(out, name)}.png` as const;
    await page.screenshot({ path, fullPage: process.env['TILEWORK_FULL'] !== undefined });
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
}
