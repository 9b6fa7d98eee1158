/** Reads what the source files import, for the tests that keep the folders apart. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix, relative, resolve, sep } from 'node:path';
import { parseSync } from 'vite';

export const ROOT = resolve(import.meta.dirname, '../..');

export interface ImportEdge {
  /** As written. */
  readonly specifier: string;
  /** Path from the root of the repo for a file of ours, else null. */
  readonly file: string | null;
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Path from the root of the repo, with '/'. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly ImportEdge[];
}

/** Every file under a folder of the repo, with '/' paths from its root; `skip` names folders and files to leave out. */
export function listFiles(folder: string, skip: readonly string[] = []): string[] {
  return readdirSync(resolve(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skip.includes(entry.name)) return [];
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(path, skip);
    return entry.isFile() ? [path] : [];
  });
}

/** The TypeScript and JavaScript files under a folder, parsed. */
export function readSources(folder: string): SourceFile[] {
  return listFiles(folder)
    .filter((path) => /\.(ts|js)$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => {
      const text = readFileSync(resolve(ROOT, path), 'utf8');
      return { path, text, lines: text.split('\n').length - 1, imports: importsOf(path, text) };
    });
}

/** Static and dynamic imports, re-exports, `typeof import()`, and `new URL('./worker.ts', import.meta.url)`. */
export function importsOf(path: string, text: string): ImportEdge[] {
  const { module, errors } = parseSync(path, text, { lang: path.endsWith('.js') ? 'js' : 'ts' });
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]!.message}`);
  const edges: ImportEdge[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    edges.push({ specifier, file: fileOf(path, specifier), typeOnly });
  };
  // `import { type A }` still loads the module (verbatimModuleSyntax), only `import type` does not.
  const isErased = (start: number): boolean =>
    /^(import|export)\s+type\b/.test(text.slice(start, start + 20));
  for (const { start, moduleRequest } of module.staticImports) add(moduleRequest.value, isErased(start));
  for (const { start, entries } of module.staticExports) {
    const request = entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    if (request) add(request.value, isErased(start));
  }
  for (const { moduleRequest } of module.dynamicImports) {
    add(text.slice(moduleRequest.start + 1, moduleRequest.end - 1), false);
  }
  for (const match of text.matchAll(/typeof import\(\s*'([^']+)'/g)) add(match[1]!, true);
  for (const match of text.matchAll(/new URL\(\s*'([^']+\.[jt]s)',\s*import\.meta\.url/g))
    add(match[1]!, false);
  return edges;
}

function fileOf(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const target = resolve(ROOT, dirname(from), specifier.replace(/\?.*$/, ''));
  return relative(ROOT, target).split(sep).join(posix.sep);
}

/** The first cycle found, as a path that ends where it starts, or null. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): string[] | null => {
    const at = trail.indexOf(node);
    if (at >= 0) return [...trail.slice(at), node];
    if (done.has(node)) return null;
    trail.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    trail.pop();
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return null;
}

/** Every file that loads when `starts` load, each with the file that asked for it first (null for a start). */
export function reachable(
  sources: readonly SourceFile[],
  starts: readonly string[],
): Map<string, string | null> {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const seen = new Map<string, string | null>(starts.map((path) => [path, null]));
  const queue = [...starts];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const edge of byPath.get(path)?.imports ?? []) {
      if (edge.typeOnly || edge.file === null || seen.has(edge.file)) continue;
      seen.set(edge.file, path);
      queue.push(edge.file);
    }
  }
  return seen;
}

/** The folder under src, such as 'net'; null elsewhere. */
export function folderOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}
