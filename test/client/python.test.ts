/** The Python of the README, run by a real python3 against a real network: what people copy is what is tested. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../helpers/import-graph.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';

const FOLDER = join(ROOT, 'test/fixtures/python');
const SCRIPTS = ['numpy_requests.py', 'standard_library.py'] as const;

const has = (code: string): boolean => spawnSync('python3', ['-c', code]).status === 0;
const missing = [
  ...(has('') ? [] : ['python3']),
  ...['numpy', 'requests'].filter((name) => !has(`import ${name}`)),
];
if (missing.length > 0)
  console.warn(`not tested on this machine, for want of ${missing.join(' and ')}: Python`);

let coordinator: TestCoordinator;
let contributor: TestContributor;

beforeAll(async () => {
  coordinator = await testCoordinator();
  contributor = await testContributor(coordinator.peerAddresses);
});
afterAll(async () => {
  await contributor.stop();
  await coordinator.remove();
});

const python = (
  script: string,
  more: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)('python3', [join(FOLDER, script)], {
    env: { ...process.env, TILEWORK_URL: coordinator.url, TILEWORK_TOKEN: coordinator.token, ...more },
  });

describe('A requester with python3', () => {
  it.skipIf(missing.length > 0)(
    `multiplies what numpy saves, and loads the product${missing.length > 0 ? ' (SKIPPED: see above)' : ''}`,
    async () => {
      expect((await python('numpy_requests.py')).stdout).toBe('exact: True\n');
    },
  );

  it.skipIf(missing.includes('python3'))('needs nothing but the standard library', async () => {
    expect((await python('standard_library.py')).stdout).toBe('exact: True\n');
  });

  it.skipIf(missing.includes('python3'))('reads the sentence of a refusal', async () => {
    const refused = python('standard_library.py', { TILEWORK_TOKEN: 'none' });
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/token/) as unknown,
    });
  });
});

describe('The README', () => {
  it('shows no Python but what is tested here', () => {
    const blocks = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```python\n([^]*?)```/g);
    const tested = SCRIPTS.map((name) => readFileSync(join(FOLDER, name), 'utf8'));
    for (const [, code] of blocks) expect(tested).toContain(code);
  });
});
