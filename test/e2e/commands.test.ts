/** The commands as somebody at a terminal runs them: processes, real browsers, and Ctrl-C. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { npyHeader } from '../../src/matrix/npy.ts';
import { product } from '../helpers/product.ts';

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/tilework.js');
/** What somebody may have set for a network of their own. */
const NOT_OURS = ['DATABASE_URL', 'TILEWORK_URL', 'TILEWORK_TOKEN'];
const DEMO_MS = 170_000;
/** How long a command gets to close its browsers before it is killed. */
const PATIENCE_MS = 10_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: string;
}

class Running {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #lines: string[] = [];
  readonly #reader;
  #stderr = '';
  /** Resolves when the process is gone and all that it wrote is here. */
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#reader.on('line', (line) => this.#lines.push(line));
    const read = once(this.#reader, 'close');
    this.ended = Promise.all([once(this.#child, 'close'), read]).then(([[code]]) => ({
      code: code as number | null,
      stdout: this.#lines,
      stderr: this.#stderr,
    }));
  }

  /** What the first line that matches has in its group, as soon as there is one. */
  async line(pattern: RegExp): Promise<string> {
    const found = Promise.withResolvers<string>();
    const look = (line: string): void => {
      const text = pattern.exec(line)?.[1];
      if (text !== undefined) found.resolve(text);
    };
    this.#lines.forEach(look);
    this.#reader.on('line', look);
    const never = this.ended.then(({ code, stderr }) => {
      throw new Error(`ended with ${code} before a line like ${String(pattern)}: ${stderr}`);
    });
    return Promise.race([found.promise, never]);
  }

  interrupt(): Promise<Ended> {
    this.#child.kill('SIGINT');
    return this.ended;
  }

  /** Whatever state it is in. */
  async kill(): Promise<void> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    this.#child.kill('SIGTERM');
    await this.ended;
    clearTimeout(late);
  }
}

/** The lines of a command that exits with 0; what went wrong with one that does not. */
async function success(ended: Promise<Ended>): Promise<readonly string[]> {
  const { code, stdout, stderr } = await ended;
  if (code !== 0) throw new Error(`exited with ${code}: ${stderr}`);
  return stdout;
}

describe('the commands', () => {
  let folder: string;
  let running: Running[];

  beforeEach(async () => {
    running = [];
    folder = await mkdtemp(join(tmpdir(), 'tilework-commands-'));
    await mkdir(join(folder, 'tmp'));
  });
  afterEach(async () => {
    await Promise.all(running.map((command) => command.kill()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const tilework = (...args: string[]): Running => {
    // What a killed browser leaves behind is then removed with everything else.
    const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: join(folder, 'tmp') };
    for (const name of NOT_OURS) delete env[name];
    const command = new Running(args, env);
    running.push(command);
    return command;
  };

  it(
    'demo ends with one line of JSON that says that every claim holds',
    async () => {
      const lines = await success(tilework('demo', '--json').ended);
      const report = JSON.parse(lines.at(-1) ?? '') as Record<string, number>;
      expect(report).toMatchObject({ ok: true, contributors: 2, equalsReference: true });
      expect(report['shards']).toBeGreaterThan(0);
      expect(report['signatures']).toBe(3 * report['shards']!);
      expect(report['accuracy']).toBeGreaterThanOrEqual(0.9);
    },
    DEMO_MS,
  );

  it('start, contribute and multiply come to the exact product, and Ctrl-C ends both that wait', async () => {
    const a = join(folder, 'A.npy');
    const b = join(folder, 'B.npy');
    const c = join(folder, 'C.npy');
    const data = join(folder, 'data');
    const wanted = product('i8', 300, 400, 700);
    await Promise.all([writeFile(a, wanted.a), writeFile(b, wanted.b)]);

    const start = tilework('start', '--port', '0', '--peer-port', '0', '--no-sample', '--data', data);
    const url = await start.line(/^ {2}Tilework is at +(http:\S+)$/);
    const contribute = tilework('contribute', url, '--allow-software');
    const options = ['--transposed-b', '--url', url, '--data', data];
    const [line] = await success(tilework('multiply', a, b, '-o', c, ...options).ended);
    expect(line).toBe(`${c}: 300 × 400, int32, exact`);
    const header = npyHeader({ dtype: 'i32', rows: 300, cols: 400 });
    const expected = concatBytes([header, new Uint8Array(wanted.expected.buffer as ArrayBuffer)]);
    expect(Buffer.compare(await readFile(c), expected)).toBe(0);

    // The contributor first, as somebody would: both then say goodbye to each other.
    await success(contribute.interrupt());
    const log = await success(start.interrupt());
    expect(log.at(-1)).toMatch(/stopped$/);
  });
});
