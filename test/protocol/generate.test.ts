import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const SOURCE = path.resolve(import.meta.dirname, '../../src/protocol');

describe('the generated code', () => {
  it('is what the schemas beside it make', async () => {
    const made = await mkdtemp(path.join(tmpdir(), 'tilework-generated-'));
    try {
      await promisify(execFile)(process.execPath, [path.join(SOURCE, 'generate.node.ts'), made]);
      for (const name of ['control.js', 'control.d.ts', 'signed.js', 'signed.d.ts', 'join.js', 'join.d.ts']) {
        const committed = await readFile(path.join(SOURCE, 'pb', name), 'utf8');
        expect(await readFile(path.join(made, name), 'utf8')).toBe(committed);
      }
    } finally {
      await rm(made, { recursive: true });
    }
  }, 60_000);
});
