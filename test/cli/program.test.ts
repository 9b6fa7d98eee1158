/** What the command line understands, and what it says when it does not. */
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type Commands, createProgram } from '../../src/cli/program.ts';
import { testContext } from './memory-terminal.ts';

/** Runs a command line; what it would have called, or what it printed. */
async function run(
  ...args: string[]
): Promise<{ call?: unknown; debug?: boolean; printed: string; code: number }> {
  let call: unknown;
  let debug: boolean | undefined;
  let printed = '';
  const record =
    (name: keyof Commands) =>
    (options: object, context: { debug: boolean }): Promise<void> => {
      call = { command: name, ...options };
      debug = context.debug;
      return Promise.resolve();
    };
  const program = createProgram((debug) => testContext({ debug }), {
    start: record('start'),
    serve: record('serve'),
    doctor: record('doctor'),
    backup: record('backup'),
    restore: record('restore'),
    multiply: record('multiply'),
    estimate: record('estimate'),
    job: record('job'),
    contribute: record('contribute'),
    audit: record('audit'),
    demo: record('demo'),
    credit: record('credit'),
    token: record('token'),
    statement: record('statement'),
    site: record('site'),
    operator: record('operator'),
  });
  const write = (text: string): void => {
    printed += text;
  };
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write });
    command.commands.forEach(quiet);
  };
  quiet(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return { call, ...(debug === undefined ? {} : { debug }), printed, code: 0 };
  } catch (error) {
    return { printed, code: (error as { exitCode: number }).exitCode };
  }
}

const words = (line: string): string[] => line.split(' ');

describe('the commands about jobs', () => {
  it('take what their names say', async () => {
    expect((await run('jobs', '--limit', '3')).call).toEqual({ command: 'job', action: 'list', limit: 3 });
    expect((await run('cancel', 'ID')).call).toEqual({ command: 'job', action: 'cancel', id: 'ID' });
    expect((await run('retry', 'ID', '--deadline', '2h')).call).toEqual({
      command: 'job',
      action: 'retry',
      id: 'ID',
      deadlineMs: 7_200_000,
    });
    expect((await run(...words('result ID -o C.npy --rows 3:9 --cols :5 --top 7'))).call).toEqual({
      command: 'job',
      action: 'result',
      id: 'ID',
      output: 'C.npy',
      rows: [3, 9],
      cols: [0, 5],
      top: 7,
    });
    expect((await run(...words('result ID -o C.npy --rows 4:'))).call).toMatchObject({ rows: [4] });
    expect((await run(...words('result ID -o C.npy --rows 4'))).printed).toContain('0:256');
    expect((await run('result', 'ID')).printed).toContain('--output');
    expect((await run(...words('result ID -o C.npy --top 0'))).code).not.toBe(0);
  });

  it('estimate a product, also as a dry run, which needs no output', async () => {
    const asked = { command: 'estimate', a: 'A.npy', b: 'B.npy', transposedB: false };
    expect((await run(...words('estimate A.npy B.npy --local-rate 2.5e11'))).call).toEqual({
      ...asked,
      localRate: 2.5e11,
    });
    expect((await run(...words('multiply A.npy B.npy --dry-run'))).call).toEqual(asked);
    expect((await run(...words('estimate A.npy B.npy --local-rate fast'))).code).not.toBe(0);
  });

  it('limit a product', async () => {
    const limits = '--deadline 12h --max-cost 500 --priority -3 --title fold';
    expect((await run(...words(`multiply A.npy B.npy -o C.npy ${limits}`))).call).toMatchObject({
      command: 'multiply',
      deadlineMs: 43_200_000,
      maxCost: '500',
      priority: -3,
      title: 'fold',
    });
    expect((await run(...words('multiply A.npy B.npy'))).printed).toContain(
      "'-o, --output <file>' not specified",
    );
    expect((await run(...words('multiply A.npy B.npy -o C.npy --priority 101'))).code).not.toBe(0);
  });
});

describe('multiply', () => {
  it('takes two files and where the product goes', async () => {
    expect((await run('multiply', 'A.npy', 'B.npy', '-o', 'C.npy')).call).toEqual({
      command: 'multiply',
      a: 'A.npy',
      b: 'B.npy',
      output: 'C.npy',
      transposedB: false,
    });
  });

  it('takes every option', async () => {
    const { call } = await run(
      ...words('multiply A B --output C --dtype i8 --as f32 --tensor-a x --tensor-b y --transposed-b'),
      ...words('--project cats --url http://h --token t --data d'),
    );
    expect(call).toEqual({
      command: 'multiply',
      a: 'A',
      b: 'B',
      output: 'C',
      dtype: 'i8',
      as: 'f32',
      tensorA: 'x',
      tensorB: 'y',
      transposedB: true,
      project: 'cats',
      url: 'http://h',
      token: 't',
      data: 'd',
    });
  });

  it.each([
    [['A', 'B'], "required option '-o, --output <file>' not specified"],
    [['A', '-o', 'C'], "missing required argument 'B'"],
    [['A', 'B', '-o', 'C', '--dtype', 'f64'], 'Allowed choices are i8, f32, f16.'],
    [['A', 'B', '-o', 'C', '--as', 'i8'], 'Allowed choices are f32, f32x.'],
    [['A', 'B', '-o', 'C', '--speed'], "unknown option '--speed'"],
    [['A', 'B', 'D', '-o', 'C'], 'too many arguments'],
  ])('refuses %j', async (args, message) => {
    const { call, printed, code } = await run('multiply', ...args);
    expect(call).toBeUndefined();
    expect(printed).toContain(message);
    expect(code).toBe(1);
  });

  it('explains itself with examples', async () => {
    const { printed, code } = await run('multiply', '--help');
    expect(code).toBe(0);
    expect(printed).toContain('multiply X.npy X.npy --transposed-b -o gram.npy');
    expect(printed).toContain('TILEWORK_TOKEN');
  });
});

describe('start', () => {
  it('says nothing of what was not said, so that the environment and a file can', async () => {
    expect((await run('start')).call).toEqual({
      command: 'start',
    });
    expect((await run('serve')).call).toEqual({ command: 'serve' });
  });

  it('takes every option', async () => {
    const { call } = await run(
      ...words('start --host 0.0.0.0 --port 0 --peer-port 65535 --data d --name n --no-sample --json-log'),
      ...words('--announce /dns4/a/tcp/443/tls/ws /dns4/b/tcp/443/tls/ws --webrtc-direct --webrtc-port 0'),
      ...words('--embed https://a.example --embed https://b.example http://localhost:3000'),
    );
    expect(call).toEqual({
      command: 'start',
      host: '0.0.0.0',
      port: 0,
      peerPort: 65_535,
      webrtcDirect: true,
      webrtcPort: 0,
      data: 'd',
      name: 'n',
      announce: ['/dns4/a/tcp/443/tls/ws', '/dns4/b/tcp/443/tls/ws'],
      embed: ['https://a.example', 'https://b.example', 'http://localhost:3000'],
      sample: false,
      jsonLog: true,
    });
  });

  it.each(['65536', '-1', '80.5', '1e3', 'http', ''])('refuses the port "%s"', async (port) => {
    const { call, printed } = await run('start', `--port=${port}`);
    expect(call).toBeUndefined();
    expect(printed).toContain('It is a whole number from 0 to 65535.');
  });
});

describe('site', () => {
  const ORIGIN = 'https://example.org';

  it('lists, shows, claims and checks', async () => {
    expect((await run('site', 'list')).call).toEqual({ command: 'site', action: 'list' });
    const owner = ['--owner-token', 't', '--url', 'u'];
    expect((await run('site', 'show', ORIGIN, ...owner)).call).toEqual({
      command: 'site',
      action: 'show',
      origin: ORIGIN,
      ownerToken: 't',
      url: 'u',
    });
    expect((await run('site', 'claim', ORIGIN)).call).toMatchObject({ action: 'claim', origin: ORIGIN });
    const checked = (await run('site', 'check', ORIGIN, '--claim', 'c')).call;
    expect(checked).toMatchObject({ action: 'check', origin: ORIGIN, claim: 'c' });
  });

  it('asks for what it needs', async () => {
    for (const args of [['show'], ['check', ORIGIN], ['claim', ORIGIN, 'more'], ['forget', ORIGIN]])
      expect((await run('site', ...args)).call).toBeUndefined();
  });
});

describe('credit', () => {
  it('grants, transfers and shows', async () => {
    expect((await run(...words('credit grant team:t 070 --memo m --id i --url u'))).call).toEqual({
      command: 'credit',
      action: 'grant',
      to: 'team:t',
      microcredits: '70',
      memo: 'm',
      id: 'i',
      url: 'u',
    });
    expect((await run(...words('credit transfer team:t site:s 5 --token t --data d'))).call).toEqual({
      command: 'credit',
      action: 'transfer',
      from: 'team:t',
      to: 'site:s',
      microcredits: '5',
      token: 't',
      data: 'd',
    });
    expect((await run(...words('credit show'))).call).toEqual({ command: 'credit', action: 'show' });
    expect((await run(...words('credit show team:t'))).call).toMatchObject({ account: 'team:t' });
  });

  it.each(['0', '-1', '0.5', '1e6', '9007199254740992', 'all'])('refuses %s microcredits', async (amount) => {
    const { call, printed } = await run('credit', 'grant', 'team:t', '--', amount);
    expect(call).toBeUndefined();
    expect(printed).toContain('It is a whole number of microcredits');
  });

  it('is paid or open, and capped once, by the operator', async () => {
    const { call } = await run(...words('start --credit paid --supply-cap 21000000000000'));
    expect(call).toMatchObject({ credit: 'paid', supplyCap: '21000000000000' });
    expect((await run('start', '--credit', 'free')).printed).toContain('It is one of open, paid.');
    expect((await run('start', '--supply-cap', '21M')).printed).toContain('microcredits');
  });
});

describe('statement', () => {
  it('takes a contributor, a file and a signer', async () => {
    expect((await run('statement', '12D3')).call).toEqual({
      command: 'statement',
      contributor: '12D3',
      csv: false,
    });
    expect((await run(...words('statement 12D3 --csv -o f --coordinator c --url u'))).call).toEqual({
      command: 'statement',
      contributor: '12D3',
      csv: true,
      output: 'f',
      coordinator: 'c',
      url: 'u',
    });
  });
});

describe('contribute and demo', () => {
  it('take their options', async () => {
    expect((await run('contribute', 'http://h')).call).toEqual({
      command: 'contribute',
      url: 'http://h',
      tabs: 1,
      allowSoftware: false,
    });
    expect(
      (await run(...words('contribute http://h --tabs 3 --allow-software --intensity 50 --browser /b'))).call,
    ).toEqual({
      command: 'contribute',
      url: 'http://h',
      tabs: 3,
      allowSoftware: true,
      intensity: 50,
      browser: '/b',
    });
    expect((await run('demo', '--json')).call).toEqual({ command: 'demo', json: true });
  });

  it.each(['0', '65', 'many'])('refuse %s tabs', async (tabs) => {
    expect((await run('contribute', 'http://h', '--tabs', tabs)).printed).toContain('from 1 to 64');
  });
});

describe('contribute', () => {
  it.each(['4', '101', '0.5', '50%', 'half', '-5'])('refuses an intensity of %s', async (intensity) => {
    const { call, printed } = await run('contribute', 'http://h', `--intensity=${intensity}`);
    expect(call).toBeUndefined();
    expect(printed).toContain('It is a whole number from 5 to 100.');
  });

  it('says what its intensity is', async () => {
    const { printed } = await run('contribute', '--help');
    expect(printed.replaceAll(/\s+/g, ' ')).toContain('how much of the time the GPU may work, 5 to 100');
  });
});

describe('token', () => {
  it('is made with scopes, a label and an end', async () => {
    const { call } = await run(
      ...words('token create --scope read,submit --expires 30d --url http://h --token t --data d'),
      '--label',
      "Ada's laptop",
    );
    expect(call).toEqual({
      command: 'token',
      action: 'create',
      scopes: ['submit', 'read'],
      label: "Ada's laptop",
      lifetimeMs: 30 * 24 * 60 * 60 * 1000,
      url: 'http://h',
      token: 't',
      data: 'd',
    });
  });

  it('is listed and revoked', async () => {
    expect((await run('token', 'list')).call).toEqual({ command: 'token', action: 'list' });
    expect((await run('token', 'revoke', 'abc')).call).toEqual({
      command: 'token',
      action: 'revoke',
      id: 'abc',
    });
  });

  it.each([
    [['create', '--label', 'x'], "required option '--scope <scopes>' not specified"],
    [['create', '--scope', 'read'], "required option '--label <text>' not specified"],
    [['create', '--label', 'x', '--scope', 'write'], 'It is a list of submit, read, operate, with commas.'],
    [['create', '--label', 'x', '--scope', ''], 'It is a list of'],
    [['create', '--label', 'x', '--scope', 'read', '--expires', '30'], 'It is a whole number of minutes'],
    [['create', '--label', 'x', '--scope', 'read', '--expires', '0d'], 'It is a whole number of minutes'],
    [['revoke'], "missing required argument 'ID'"],
  ])('refuses %j', async (args, message) => {
    const { call, printed } = await run('token', ...args);
    expect(call).toBeUndefined();
    expect(printed).toContain(message);
  });
});

describe('the doors of start', () => {
  it('are opened by name', async () => {
    const { call } = await run(
      ...words('start --operate-from 10.0.0.0/8 192.0.2.7 --trust-proxy 127.0.0.1 --max-upload 2GiB'),
    );
    expect(call).toMatchObject({
      operateFrom: ['10.0.0.0/8', '192.0.2.7'],
      trustProxy: ['127.0.0.1'],
      maxUpload: 2 * 2 ** 30,
    });
  });

  it.each([
    ['500MB', 500e6],
    ['1000000', 1e6],
    ['4k', 4000],
    ['1TiB', 2 ** 40],
  ])('let uploads of %s in', async (text, bytes) => {
    expect((await run('start', '--max-upload', text)).call).toMatchObject({ maxUpload: bytes });
  });

  it.each(['0', '-1', '1.5G', '16 gigs', 'all', '99999999999999TiB'])(
    'refuse the size "%s"',
    async (text) => {
      const { call, printed } = await run('start', `--max-upload=${text}`);
      expect(call).toBeUndefined();
      expect(printed).toContain('It is a whole number of bytes');
    },
  );
});

describe('audit', () => {
  it('takes its options', async () => {
    expect((await run('audit', 'http://h')).call).toEqual({
      command: 'audit',
      target: 'http://h',
      json: false,
    });
    expect(
      (await run(...words('audit http://h --key P --job j --sample all --seed 7 --mirror m --json'))).call,
    ).toEqual({
      command: 'audit',
      target: 'http://h',
      key: 'P',
      job: 'j',
      sample: 'all',
      seed: 7,
      mirror: 'm',
      json: true,
    });
    expect((await run(...words('audit copy --sample 20'))).call).toMatchObject({
      target: 'copy',
      sample: 20,
    });
  });

  it.each([
    [['http://h', '--sample', '-1'], 'It is a whole number up to 999999, or all.'],
    [['http://h', '--sample', 'some'], 'It is a whole number up to 999999, or all.'],
    [['http://h', '--seed', '4294967296'], 'It is a whole number below 4294967296.'],
    [[], 'missing required argument'],
  ])('refuses %j', async (args, message) => {
    const { call, printed } = await run('audit', ...args);
    expect(call).toBeUndefined();
    expect(printed).toContain(message);
  });
});

describe('the program', () => {
  it('shows what there is when nothing is asked, or something unknown', async () => {
    for (const args of [[], ['--help'], ['divide']]) {
      const { printed, call } = await run(...args);
      expect(call).toBeUndefined();
      expect(printed).toMatch(/--help|Commands:/);
    }
    expect((await run('--help')).printed).toContain('npm run demo');
  });

  it('passes --debug on', async () => {
    expect((await run('--debug', 'demo')).debug).toBe(true);
    expect((await run('demo')).debug).toBe(false);
  });
});
