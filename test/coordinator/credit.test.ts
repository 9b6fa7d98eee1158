import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { credit } from '../../src/cli/credit.ts';
import { showStatement } from '../../src/cli/statement.ts';
import { TileworkClient } from '../../src/client/client.ts';
import type { JobView, OrderView, StatementView } from '../../src/core/v1.ts';
import { checkStatement } from '../../src/coordinator/statement-check.ts';
import { generateKey, peerIdOf } from '../../src/protocol/keys.ts';
import { testContext } from '../cli/memory-terminal.ts';
import { type TestContributor, testContributor } from '../helpers/network.ts';
import { api, ended, product, submit } from '../helpers/product.ts';
import { coordinatorForFile, file, json, problem, request } from './http-client.ts';

const home = coordinatorForFile(() => ({ credit: 'paid' }));
const REQUESTER = 'requester:default';

const contributors: TestContributor[] = [];
afterEach(async () => {
  await Promise.all(contributors.splice(0).map((each) => each.stop()));
});

const account = (name: string): Promise<StatementView> =>
  api<StatementView>(home(), `/v1/credit/accounts/${name}`);
const balance = async (name: string): Promise<number> => Number((await account(name)).balanceMicrocredits);
const give = (id: string, microcredits: number, to = REQUESTER): Promise<Response> =>
  request(home(), '/v1/credit/grants', json({ id, to, microcredits: `${microcredits}`, memo: 'a test' }));

// One story: each test goes on from what the one before left.
describe('a network where requesters pay', () => {
  const wanted = product('i8', 600, 520, 1100);
  /** Of its six cells: 256 × 256, 256 × 256, 256 × 8, …; each rounded up. */
  const price = 2 * 73 + 2 * 73 + 2 * 3 + (2 * 25 + 1);

  it('says so', async () => {
    expect(await api(home(), '/v1/credit')).toEqual({
      mode: 'paid',
      issuedMicrocredits: '0',
      supplyCapMicrocredits: null,
      halvings: 0,
    });
  });

  it('refuses a job that cannot be reserved, says how much is missing, and keeps nothing of it', async () => {
    await give('first', 100);
    const operand = await request(home(), '/v1/operands', file(wanted.a));
    const { id } = (await operand.json()) as { id: string };
    const answer = await problem(home(), '/v1/jobs', json({ a: id, b: id }));
    expect(answer).toMatchObject({ status: 402, code: 'no-credit' });
    expect(answer.detail).toMatch(
      /reserves 0\.000\d+ credit and requester:default has 0\.000100: 0\.000\d+ is missing/,
    );
    expect(await api<JobView[]>(home(), '/v1/jobs')).toEqual([]);
    expect(await balance(REQUESTER)).toBe(100);
  });

  it('grants once for an id', async () => {
    const answers = [await give('second', 900), await give('second', 900)];
    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
    const [first, again] = (await Promise.all(answers.map((each) => each.json()))) as OrderView[];
    expect(again).toEqual({ ...first, fresh: false });
    expect((await give('second', 901)).status).toBe(409);
    expect(await balance(REQUESTER)).toBe(1000);
  });

  it('pays contributors for verified shards, and gives back what is left when the job is done', async () => {
    const job = await submit(home(), wanted);
    expect(await balance(REQUESTER)).toBe(1000 - price);
    expect(await balance(`reserve:${job.id}`)).toBe(price);
    const contributor = await testContributor(home().peerAddresses);
    contributors.push(contributor);
    const done = await ended(home(), job.id);
    expect(done.state).toBe('done');
    const paid = done.contributions.reduce((sum, each) => sum + Number(each.microcredits), 0);
    expect(paid).toBeGreaterThan(0);
    expect(paid).toBeLessThanOrEqual(price);
    expect(await balance(`contributor:${contributor.peerId}`)).toBe(paid);
    expect(await balance(`reserve:${job.id}`)).toBe(0);
    expect(await balance(REQUESTER)).toBe(1000 - paid);
    expect(await api(home(), '/v1/credit')).toMatchObject({ issuedMicrocredits: '1000' });
    await contributor.until(({ shardsVerified }) => shardsVerified === done.shards);

    const shown = await api<StatementView>(home(), `/v1/contributors/${contributor.peerId}/statement`);
    expect(shown.lines).toHaveLength(done.shards);
    const [newest, ...older] = shown.lines;
    const rest = await api<StatementView>(
      home(),
      `/v1/contributors/${contributor.peerId}/statement?before=${newest!.event}`,
    );
    expect(rest.lines).toEqual(older);
  });

  it('gives everything back for a job that is cancelled before anybody computed', async () => {
    const before = await balance(REQUESTER);
    await give('third', 1000);
    const job = await submit(home(), wanted);
    expect(await balance(REQUESTER)).toBe(before + 1000 - price);
    const cancels = await Promise.all(
      [1, 2].map(() => request(home(), `/v1/jobs/${job.id}`, { method: 'DELETE' })),
    );
    expect(cancels.map(({ status }) => status).sort((a, b) => a - b)).toEqual([204, 409]);
    expect(await balance(REQUESTER)).toBe(before + 1000);
    const own = await api<StatementView>(home(), '/v1/credit/account?limit=2');
    expect(own.lines.map(({ kind, microcredits }) => [kind, microcredits])).toEqual([
      ['refund', `${price}`],
      ['reserve', `-${price}`],
    ]);
  });

  it.each<[string, object]>([
    ['no amount', { id: 'x', to: 'team:t' }],
    ['half a microcredit', { id: 'x', to: 'team:t', microcredits: '0.5' }],
    ['less than nothing', { id: 'x', to: 'team:t', microcredits: '-1' }],
    ['nothing', { id: 'x', to: 'team:t', microcredits: '0' }],
    ['a contributor', { id: 'x', to: `contributor:12D3KooW${'x'.repeat(44)}`, microcredits: '1' }],
    ['an account of no kind', { id: 'x', to: 'bank:t', microcredits: '1' }],
    ['an id that is a path', { id: '../x', to: 'team:t', microcredits: '1' }],
    ['a memo of two lines', { id: 'x', to: 'team:t', microcredits: '1', memo: 'a\nb' }],
    ['a field too many', { id: 'x', to: 'team:t', microcredits: '1', from: 'treasury:mint' }],
  ])('refuses a grant with %s', async (_, body) => {
    expect(await problem(home(), '/v1/credit/grants', json(body))).toMatchObject({ status: 400 });
  });

  it.each([
    'nobody',
    'a:b',
    'contributor:',
    'contributor:a%20b',
    'contributor:a"b',
    `team:${'x'.repeat(65)}`,
  ])('knows no account %j', async (name) => {
    expect(await problem(home(), `/v1/credit/accounts/${name}`)).toMatchObject({ status: 400 });
  });

  it('tells strangers nothing about requesters', async () => {
    for (const [path, init] of [
      [`/v1/credit/accounts/${REQUESTER}`, {}],
      ['/v1/credit/account', {}],
      ['/v1/credit/grants', json({ id: 'x', to: 'team:t', microcredits: '1' })],
      ['/v1/credit/transfers', json({ id: 'x', from: 'team:t', to: 'team:u', microcredits: '1' })],
    ] as const) {
      expect((await fetch(`${home().url}${path}`, init)).status).toBe(401);
    }
  });
});

describe('a signed statement', () => {
  const fetched = async (): Promise<{ csv: string; peerId: string }> => {
    const client = new TileworkClient({ url: home().url });
    const [first] = await client.contributors();
    return { csv: await client.statementCsv(first!.contributor), peerId: first!.contributor };
  };

  it('holds every line, adds up, and proves itself', async () => {
    const { csv, peerId } = await fetched();
    const checked = await checkStatement(csv, home().peerId);
    const shown = await api<StatementView>(home(), `/v1/contributors/${peerId}/statement`);
    expect(checked).toMatchObject({
      account: `contributor:${peerId}`,
      lines: shown.lines.length,
      balanceMicrocredits: BigInt(shown.balanceMicrocredits),
    });
    const rows = csv.split('\n').filter((row) => /^\d/.test(row));
    expect(rows.map((row) => row.split(',')[3])).toEqual(shown.lines.map(({ shard }) => shard).toReversed());
  });

  it('is nothing but a signature for somebody who has never computed', async () => {
    const peerId = peerIdOf(await generateKey());
    const csv = await new TileworkClient({ url: home().url }).statementCsv(peerId);
    expect(await checkStatement(csv, home().peerId)).toMatchObject({ lines: 0, balanceMicrocredits: 0n });
  });

  it.each<[string, (csv: string) => string, string]>([
    ['whose amounts were raised', (csv) => csv.replaceAll(/,(\d+),(\d+),$/gm, ',1$1,1$2,'), 'bad-file'],
    ['whose account is another', (csv) => csv.replace('# account c', '# account d'), 'bad-signature'],
    ['whose time is another', (csv) => csv.replace(/issued \d/, 'issued 9'), 'bad-signature'],
    [
      'whose shard is another',
      (csv) => csv.replace(/credit,./, 'credit,0').replace(/credit,0./, 'credit,ff'),
      'bad-signature',
    ],
    ['that lacks a line', (csv) => csv.replace(/^\d.*\n/m, ''), 'bad-file'],
    ['that was cut', (csv) => csv.slice(0, -20), 'bad-file'],
    ['that lost its end', (csv) => csv.slice(0, csv.indexOf('# signature')), 'bad-file'],
    ['with more after its end', (csv) => `${csv}9,2026,credit,,1,1,\n`, 'bad-file'],
    ['with Windows line ends', (csv) => csv.replaceAll('\n', '\r\n'), 'bad-file'],
    ['that is empty', () => '', 'bad-file'],
    ['that is a signature only', (csv) => csv.slice(csv.indexOf('# signature')), 'bad-file'],
  ])('is refused %s', async (_, change, code) => {
    const { csv } = await fetched();
    const changed = change(csv);
    expect(changed).not.toBe(csv);
    await expect(checkStatement(changed, home().peerId)).rejects.toMatchObject({
      code,
    });
  });

  it('of one coordinator is not another’s', async () => {
    const { csv } = await fetched();
    const other = peerIdOf(await generateKey());
    await expect(checkStatement(csv, other)).rejects.toMatchObject({ code: 'wrong-peer' });
    // Nor does it help to say so: the key is the name.
    const renamed = csv.replace(`# coordinator ${home().peerId}`, `# coordinator ${other}`);
    await expect(checkStatement(renamed, other)).rejects.toMatchObject({ code: 'bad-signature' });
  });
});

describe('the command line', () => {
  it('grants, transfers, and shows what there is', async () => {
    const context = testContext();
    const { url, token } = home();
    const connection = { url, token };
    await credit({ action: 'grant', to: 'team:cli', microcredits: '70', memo: 'm', ...connection }, context);
    const order = { action: 'transfer', from: 'team:cli', to: 'project:cli', microcredits: '20' } as const;
    await credit({ ...order, id: 'cli-1', ...connection }, context);
    await credit({ ...order, id: 'cli-1', ...connection }, context);
    await credit({ action: 'show', account: 'team:cli', ...connection }, context);
    await credit({ action: 'show', ...connection }, context);
    const printed = context.terminal.outLines.join('\n');
    expect(printed).toMatch(/^moved 0\.000070 credit \(70 microcredits\) from treasury:mint to team:cli/);
    expect(printed).toContain('had been moved before: 0.000020 credit');
    expect(printed).toMatch(/team:cli: 0\.000050 credit/);
    expect(printed).toMatch(/-0\.000020 {2}transfer/);
    expect(printed).toMatch(/mode +paid/);
    expect(printed).toMatch(/yours +requester:default/);
    await expect(credit({ ...order, microcredits: '51', ...connection }, context)).rejects.toMatchObject({
      code: 'no-credit',
      message: expect.stringContaining('team:cli lacks 0.000001 credit'),
    });
  });

  it('checks a statement before it writes it', async () => {
    const context = testContext();
    const { url, peerId } = home();
    const [first] = await new TileworkClient({ url }).contributors();
    const folder = await mkdtemp(join(tmpdir(), 'tilework-statement-'));
    const output = join(folder, 'mine.csv');
    const options = { contributor: first!.contributor, csv: true, url };
    await showStatement({ ...options, output, coordinator: peerId }, context);
    expect(await checkStatement(await readFile(output, 'utf8'), peerId)).toMatchObject({
      account: `contributor:${first!.contributor}`,
    });
    expect(context.terminal.noteLines.join()).toContain(`signed by ${peerId}`);

    const pinned = { ...options, output: join(folder, 'no.csv'), coordinator: peerIdOf(await generateKey()) };
    await expect(showStatement(pinned, context)).rejects.toMatchObject({ code: 'wrong-peer' });
    await expect(readFile(pinned.output)).rejects.toMatchObject({ code: 'ENOENT' });

    await showStatement({ ...options, csv: false }, context);
    expect(context.terminal.outLines[0]).toMatch(/^contributor:12D3KooW\w+: 0\.\d{6} credit/);
    await showStatement(options, context);
    expect(context.terminal.outLines.at(-1)).toContain('# tilework-statement/1\n');
    await rm(folder, { recursive: true });
  });
});
