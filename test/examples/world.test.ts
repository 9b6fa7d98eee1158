/** What an example sees of a network, on a real one. */
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TileworkClient } from '../../src/client/client.ts';
import {
  accountJson,
  accountLines,
  breakEvenLink,
  findingLines,
  intensity,
} from '../../src/examples/account.ts';
import { World } from '../../src/examples/world.ts';
import { testContext } from '../cli/memory-terminal.ts';
import {
  type TestContributor,
  type TestCoordinator,
  testContributor,
  testCoordinator,
} from '../helpers/network.ts';

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

it('A world multiplies over the network, counts what moved, lets contributors go and finds a wrong number', async () => {
  let dismissed = 0;
  const world = new World({
    client: new TileworkClient(coordinator),
    context: testContext(),
    outDir: tmpdir(),
    dismiss: () => {
      dismissed += 1;
      return Promise.resolve();
    },
  });
  const a = { values: Int8Array.from({ length: 60 }, (_, i) => i - 30), rows: 3, k: 20 };
  const b = { values: Int8Array.from({ length: 40 }, (_, i) => 3 * i - 60), rows: 2, k: 20 };
  const c = await world.product(await world.upload(a, 'a'), await world.upload(b, 'b'), 'a test');
  expect(c).toHaveLength(6);
  expect(await world.compare([{ a, b, c }])).toMatchObject({ holds: true });
  expect(dismissed).toBe(1);
  const wrong = c.slice();
  wrong[4]! += 1;
  expect(await world.compare([{ a, b, c: wrong }])).toEqual({
    claim: '1 of 6 numbers differ from those computed here',
    holds: false,
  });
  expect(world.tally).toMatchObject({
    sentBytes: 128 + 60 + 128 + 40,
    fetchedBytes: 128 + 24,
    multiplyAdds: 120,
  });
});

it('An account says what moved, what it would take here, and from which link on it is worth sending', () => {
  const tally = {
    networkMs: 4_000,
    sentBytes: 3e6,
    fetchedBytes: 1e6,
    downBytes: 5e6,
    upBytes: 2e6,
    multiplyAdds: 8e9,
    localMs: 8_000,
  };
  expect(intensity(tally)).toBe(2000);
  expect(breakEvenLink(tally)).toBe(500_000);
  const text = accountLines(tally).join('\n');
  expect(text).toContain('2000 multiply-adds for each byte');
  expect(text).toContain('the network was faster');
  expect(accountLines({ ...tally, networkMs: 9_000 }).join('\n')).toContain('this CPU alone was faster');
  const finding = {
    lines: [],
    checks: [
      { claim: 'all is well', holds: true },
      { claim: 'this too', holds: false },
    ],
    figures: { words: 5 },
  };
  expect(findingLines(finding)).toEqual([
    '  ok                 all is well',
    '  WRONG              this too',
  ]);
  expect(JSON.parse(accountJson('x', tally, finding))).toMatchObject({
    example: 'x',
    ok: false,
    words: 5,
    localMs: 8_000,
  });
});
