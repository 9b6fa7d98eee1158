/** `tilework ban` and its like against a whole coordinator. */
import { describe, expect, it } from 'vitest';
import { operator } from '../../src/cli/operator.ts';
import { createProgram } from '../../src/cli/program.ts';
import { OperatorClient } from '../../src/client/operator.ts';
import { TileworkClient } from '../../src/client/client.ts';
import { coordinatorForFile } from '../coordinator/http-client.ts';
import { type MemoryTerminal, testContext } from './memory-terminal.ts';

const home = coordinatorForFile();
const ADA = `12D3KooW${'a'.repeat(44)}`;
const BOB = `12D3KooW${'b'.repeat(44)}`;

async function run(options: object): Promise<MemoryTerminal> {
  const context = testContext();
  const { url, dataDir } = home();
  await operator({ url, data: dataDir, ...options } as Parameters<typeof operator>[0], context);
  return context.terminal;
}

describe('bans', () => {
  it('are made with a reason, listed and taken back', async () => {
    expect((await run({ action: 'bans' })).noteLines).toEqual(['nobody is banned']);
    await run({ action: 'ban', contributor: ADA, reason: 'sends spam' });
    await run({ action: 'ban', contributor: BOB, reason: 'was rude' });
    const { outLines } = await run({ action: 'bans' });
    expect(outLines.toSorted()).toEqual([
      expect.stringMatching(new RegExp(`^${ADA} {2}20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d {2}sends spam$`)),
      expect.stringMatching(new RegExp(`^${BOB} .* {2}was rude$`)),
    ]);
    await expect(run({ action: 'ban', contributor: ADA, reason: 'x' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await run({ action: 'unban', contributor: ADA });
    await run({ action: 'unban', contributor: BOB });
    await expect(run({ action: 'unban', contributor: ADA })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are for operators', async () => {
    const { url, token } = home();
    const made = await new TileworkClient({ url, token }).createToken({ scopes: ['submit'], label: 'Ada' });
    await expect(run({ action: 'bans', token: made.token })).rejects.toMatchObject({ code: 'forbidden' });
  });
});

it('a project is paused and resumed', async () => {
  const client = new OperatorClient(home());
  await run({ action: 'pause', project: 'maps / ü', reason: 'wrong data' });
  expect((await client.view()).pauses).toMatchObject([{ project: 'maps / ü', reason: 'wrong data' }]);
  await run({ action: 'resume', project: 'maps / ü' });
  await run({ action: 'pause', project: 'maps / ü' });
  expect((await client.view()).pauses).toMatchObject([{ project: 'maps / ü', reason: '' }]);
});

describe('the command line', () => {
  async function parsed(...words: string[]): Promise<object> {
    const told = Promise.withResolvers<object>();
    const commands = { operator: (options: object) => Promise.resolve(told.resolve(options)) };
    const program = createProgram(() => testContext(), commands as never);
    for (const each of [program, ...program.commands])
      each.exitOverride().configureOutput({ writeErr: () => {} });
    await program.parseAsync(words, { from: 'user' });
    return told.promise;
  }

  it('knows what the operator asks for', async () => {
    expect(await parsed('ban', ADA, '--reason', 'spam')).toMatchObject({
      action: 'ban',
      contributor: ADA,
      reason: 'spam',
    });
    expect(await parsed('pause', 'maps')).toEqual({ action: 'pause', project: 'maps' });
    expect(await parsed('resume', 'maps', '--url', 'http://x')).toMatchObject({ project: 'maps' });
  });

  it('wants an id that is one, and a reason', async () => {
    await expect(parsed('ban', 'ada', '--reason', 'spam')).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
    await expect(parsed('ban', ADA)).rejects.toMatchObject({ code: 'commander.missingMandatoryOptionValue' });
    await expect(parsed('unban', `${ADA}x`)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});
