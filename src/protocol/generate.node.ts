/**
 * Makes pb/{control,signed,join}.{js,d.ts} from the .proto files beside them; the output is committed.
 * protons writes namespaces and enums, which type stripping cannot run, so its TypeScript is compiled.
 * An argument names another folder to write to: a test compares that with what is committed.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const PB = path.join(import.meta.dirname, 'pb');
const OUT = process.argv[2] ?? PB;
const SCHEMAS = ['control', 'signed', 'join'];
const HEADER = '// Made by src/protocol/generate.node.ts from the .proto file beside it. Do not edit.\n';

/** `uint8arrays` is no dependency of ours, and all that the output takes from it is an empty array. */
function withoutUint8arrays(source: string): string {
  return source
    .replace(/^import .* from 'uint8arrays\/alloc';?\n/m, '')
    .replaceAll('uint8ArrayAlloc(0)', 'new Uint8Array(0)');
}

/**
 * A visitor downloads it, so it goes without what nobody here calls: reading field by field, and limits for repeated
 * fields, which wire.ts has checked by then.
 */
function lean(made: string): string {
  return made
    .replace(/, streamMessage\b|\bMaxLengthError, /g, '')
    .replace(/ {28}if \(opts\.limits\?\.\w+ != null && .*\n.*MaxLengthError.*\n {28}\}\n/g, '')
    .replaceAll('(reader, length, opts = {}) =>', '(reader, length) =>')
    .replace(/, \{\n +limits: opts\.limits\?\.[\w$]+\n +\}\)/g, ')')
    .replace(/\}, function\* \(reader[\s\S]*?\n {12}\}\);/g, '});')
    .replace(/ {4}function stream\(buf, opts\) \{\n.*\n {4}\}\n {4}\w+\.stream = stream;\n/g, '')
    .replace(/ {4}interface \w+FieldEvent \{[\s\S]*?\n {4}\}\n/g, '')
    .replace(/ {4}function stream\(.*\n/g, '');
}

const work = await mkdtemp(path.join(tmpdir(), 'tilework-protons-'));
try {
  await symlink(path.join(ROOT, 'node_modules'), path.join(work, 'node_modules'));
  await writeFile(path.join(work, 'package.json'), '{"type":"module"}');
  for (const name of SCHEMAS) await cp(path.join(PB, `${name}.proto`), path.join(work, `${name}.proto`));

  const bin = path.join(ROOT, 'node_modules/.bin');
  await run(
    path.join(bin, 'protons'),
    SCHEMAS.map((name) => `${name}.proto`),
    { cwd: work },
  );
  for (const name of SCHEMAS) {
    const file = path.join(work, `${name}.ts`);
    await writeFile(file, withoutUint8arrays(await readFile(file, 'utf8')));
  }
  const flags = '--target ES2024 --module NodeNext --declaration --skipLibCheck --types node --outDir out';
  await run(path.join(bin, 'tsc'), [...flags.split(' '), ...SCHEMAS.map((name) => `${name}.ts`)], {
    cwd: work,
  });

  for (const name of SCHEMAS) {
    for (const end of ['js', 'd.ts']) {
      const made = await readFile(path.join(work, 'out', `${name}.${end}`), 'utf8');
      await writeFile(path.join(OUT, `${name}.${end}`), HEADER + lean(made));
    }
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
