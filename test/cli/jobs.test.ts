/** `estimate`, `jobs`, `result`, `retry` and `cancel` on a real coordinator. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimate } from '../../src/cli/estimate.ts';
import { type JobOptions, job } from '../../src/cli/jobs.ts';
import { multiply } from '../../src/cli/multiply.ts';
import { parseNpyHeader } from '../../src/matrix/npy.ts';
import { coordinatorForFile } from '../coordinator/http-client.ts';
import { testContributor } from '../helpers/network.ts';
import { product, submit } from '../helpers/product.ts';
import { type MemoryTerminal, testContext } from './memory-terminal.ts';
import { writeNpy } from './npy-files.ts';

const home = coordinatorForFile();
let folder: string;
const at = (name: string): string => join(folder, name);
const place = (): { url: string; token: string } => ({ url: home().url, token: home().token });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilework-jobs-'));
  await writeNpy(at('A.npy'), '|i1', [300, 4]);
  await writeNpy(at('B.npy'), '|i1', [4, 20]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(options: JobOptions): Promise<MemoryTerminal> {
  const context = testContext();
  await job({ ...place(), ...options }, context);
  return context.terminal;
}

// One story: each test goes on from what the one before left.
describe('a requester', () => {
  it('asks what a product would take, and is warned that it is not worth sending', async () => {
    const context = testContext();
    const files = { a: at('A.npy'), b: at('B.npy'), transposedB: false, localRate: 2e9 };
    await estimate({ ...place(), ...files }, context);
    const lines = context.terminal.outLines.join('\n');
    for (const part of [
      'A 300 × 4, B 4 × 20, i8: 24,000 multiply-adds',
      '0 now, beside 0 running jobs',
      'nobody is here to compute it now',
      '1.25 KiB and 23.4 KiB at 11.9 MiB/s',
      'at 2.00 G multiply-adds a second',
      '0.000002 at most, and nothing is charged here',
      'probability at most 2^-',
    ])
      expect(lines).toContain(part);
    expect(context.terminal.noteLines[0]).toMatch(/^Nobody who could compute this is here now/);
    expect((await run({ action: 'list', limit: 9 })).outLines).toEqual([
      'There are no jobs yet; tilework multiply submits one.',
    ]);
  });

  it('gives up, sees it in the list, and takes it up again', async () => {
    const wanted = product('i8', 300, 20, 4);
    const { id } = await submit(home(), wanted);
    expect((await run({ action: 'cancel', id })).outLines[0]).toContain(`cancelled the job ${id}`);
    expect((await run({ action: 'list', limit: 9 })).outLines).toEqual([
      `${id}  cancelled   0 %  300 × 20, K 4, i8  a test`,
    ]);
    const again = await run({ action: 'retry', id, deadlineMs: 3_600_000 });
    expect(again.outLines[0]).toBe(`the job ${id} runs again: 0 of 2 cells are verified already`);
    await expect(run({ action: 'retry', id })).rejects.toMatchObject({ code: 'conflict' });
    await expect(run({ action: 'cancel', id: 'nope' })).rejects.toMatchObject({ code: 'not-found' });
    await run({ action: 'cancel', id });
  });

  it('multiplies, and fetches parts of the product later', async () => {
    const contributor = await testContributor(home().peerAddresses);
    const context = testContext();
    const files = { a: at('A.npy'), b: at('B.npy'), transposedB: false, output: at('C.npy') };
    const limits = { title: 'once', deadlineMs: 60_000, maxCost: '2', priority: 3 };
    await multiply({ ...place(), ...files, ...limits }, context);
    await contributor.stop();
    const [line] = (await run({ action: 'list', limit: 1 })).outLines;
    expect(line).toMatch(/^[0-9a-f]{32} {2}done +100 %.*A\.npy × B\.npy: once$/);
    const id = line!.slice(0, 32);
    const part = await run({ action: 'result', id, output: at('part.npy'), rows: [250, 260], cols: [18] });
    expect(part.outLines).toEqual([`${at('part.npy')}: 208 B`]);
    expect(parseNpyHeader(await readFile(at('part.npy'))).shape).toEqual([10, 2]);
    await run({ action: 'result', id, output: at('best.npy'), top: 3 });
    for (const name of ['best.values.npy', 'best.indices.npy'])
      expect(parseNpyHeader(await readFile(at(name))).shape).toEqual([300, 3]);
    const there = await readdir(folder);
    await expect(run({ action: 'result', id, output: at('no.npy'), rows: [0, 301] })).rejects.toThrow(
      'beyond the 300 rows',
    );
    expect(await readdir(folder)).toEqual(there);
  });

  it('pays no more than it said', async () => {
    const files = { a: at('A.npy'), b: at('B.npy'), transposedB: false, output: at('D.npy'), maxCost: '1' };
    await expect(multiply({ ...place(), ...files }, testContext())).rejects.toMatchObject({
      code: 'no-credit',
    });
  });
});
