/** Small files, and nothing in them about the machine that they were written on. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles, readSources, ROOT } from './helpers/import-graph.ts';

const LONGEST_FILE = 500;
const MEDIAN_FILE = 120;
/** Generated, or written by a tool. */
const SKIPPED = ['node_modules', 'dist', '.git', 'tilework-data', 'package-lock.json', 'LICENSE', 'tmp'];

const code = readSources('src').filter(({ path }) => !path.startsWith('src/protocol/pb/'));
const tests = readSources('test');

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe('the size of the code', () => {
  it('stays readable: no long file, and half of them short', () => {
    const total = (files: readonly { lines: number }[]): number =>
      files.reduce((sum, { lines }) => sum + lines, 0);
    const middle = median(code.map(({ lines }) => lines));
    console.log(`src: ${code.length} files, ${total(code)} lines, median ${middle}`);
    console.log(`test: ${tests.length} files, ${total(tests)} lines`);
    const long = [...code, ...tests].filter(({ lines }) => lines > LONGEST_FILE);
    expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
    expect(middle).toBeLessThan(MEDIAN_FILE);
  });
});

describe('the text of the repo', () => {
  const files = listFiles('.', SKIPPED).filter((path) =>
    /(\.(ts|js|json|md|html|css|wgsl|proto|sql|yml|yaml|toml|txt|py|sh)|\/run|rc)$/.test(path),
  );

  it('names no folder of a machine', () => {
    // Put together here, so that this file does not find itself.
    const folders = new RegExp(`(^|[\\s"'\`(=:])/(${['work', 'root', 'home', 'Users'].join('|')})/`, 'm');
    expect(files.filter((path) => folders.test(readFileSync(resolve(ROOT, path), 'utf8')))).toEqual([]);
  });

  it('names no package registry, the lock file included', () => {
    const hosts = new RegExp(
      [
        `\\b(${['registry', 'npmjs', 'mirror'].join('|')})\\.[a-z0-9-]+\\.[a-z]{2,}`,
        ['"resolved"', ' "http'].join(':'),
      ].join('|'),
    );
    const lock = [...files, 'package-lock.json'];
    expect(lock.filter((path) => hosts.test(readFileSync(resolve(ROOT, path), 'utf8')))).toEqual([]);
  });
});
