/** The folders of DESIGN §7: who may import whom, and what each may name. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCycle, folderOf, importsOf, reachable, readSources, ROOT } from './helpers/import-graph.ts';

/** Which folders of src a folder may import from, beside itself and core. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  matrix: [],
  protocol: ['matrix'],
  verify: ['matrix'],
  // Checks what the coordinator writes, so it shares no code with what writes it.
  audit: ['matrix', 'protocol', 'verify'],
  gpu: ['matrix'],
  net: ['protocol'],
  contributor: ['matrix', 'protocol', 'gpu', 'net'],
  page: [],
  widget: [],
  store: ['matrix'],
  ledger: ['protocol', 'store'],
  coordinator: ['matrix', 'protocol', 'verify', 'net', 'store', 'ledger'],
  client: ['matrix'],
  cli: ['client', 'coordinator', 'audit'],
  // Requesters with a network of the command line's making.
  examples: ['client', 'matrix', 'cli'],
};

/** The page knows a contributor by its promises, settings, policy and key, and the client that reaches its workers. */
const PAGE_MAY_ALSO_IMPORT =
  /^src\/contributor\/(api|client|config|policy|settings|settings-text|signals|data-meter|joins|key-file|key-ring)\.ts$/;
/** And what its frame in a host's page says to the loader there. */
const FRAME_MAY_ALSO_IMPORT = /^src\/widget\/(envelope|wire)\.ts$/;

/** Every package that src may name, and the folders that may name it. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@chainsafe/libp2p-noise': ['net'],
  '@chainsafe/libp2p-yamux': ['net'],
  '@libp2p/crypto': ['net', 'protocol'],
  '@libp2p/identify': ['net'],
  '@libp2p/interface': ['net', 'protocol'],
  '@libp2p/peer-id': ['net', 'protocol'],
  '@libp2p/peer-record': ['net', 'protocol'],
  '@libp2p/ping': ['net'],
  '@libp2p/utils': ['net'],
  '@libp2p/webrtc': ['net'],
  '@libp2p/websockets': ['net'],
  '@multiformats/multiaddr': ['net'],
  libp2p: ['net'],
  '@noble/hashes': ['core', 'matrix', 'protocol', 'gpu', 'net', 'contributor', 'ledger', 'verify'],
  '@noble/curves': ['protocol'],
  'protons-runtime': ['protocol'],
  uint8arraylist: ['protocol', 'net'],
  comlink: ['contributor', 'page'],
  lit: ['page', 'widget'],
  uplot: ['page'],
  '@electric-sql/pglite': ['store'],
  kysely: ['store', 'ledger', 'coordinator'],
  pg: ['store'],
  '@aws-sdk/client-s3': ['store'],
  'blockstore-fs': ['store'],
  multiformats: ['store'],
  fastify: ['coordinator'],
  '@fastify/static': ['coordinator'],
  '@fastify/swagger': ['coordinator'],
  piscina: ['coordinator'],
  'prom-client': ['coordinator'],
  pino: ['coordinator', 'cli'],
  'eventsource-parser': ['client'],
  'ml-matrix': ['examples'],
  commander: ['cli'],
  'cli-progress': ['cli'],
  'puppeteer-core': ['cli'],
  vite: ['cli'],
  webgpu: ['gpu'],
};

const NODE_FOLDERS = ['store', 'ledger', 'coordinator', 'cli', 'examples'];

/** Folders whose code reaches a visitor's browser. */
const BROWSER_FOLDERS = ['page', 'contributor', 'widget'];

const sources = readSources('src');
const ours = sources.filter(({ path }) => !path.startsWith('src/protocol/pb/'));
const edges = ours.flatMap((source) =>
  source.imports.map((edge) => ({ ...edge, from: source.path, folder: folderOf(source.path) ?? '' })),
);

/** 'lit' for 'lit/decorators.js', '@noble/hashes' for '@noble/hashes/sha2.js'. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

describe('the folders of src', () => {
  it('are the ones in the table', () => {
    const strangers = ours.filter(({ path }) => !((folderOf(path) ?? '') in FOLDERS)).map(({ path }) => path);
    expect(strangers).toEqual([]);
  });

  it('are two levels deep', () => {
    expect(ours.filter(({ path }) => path.split('/').length !== 3).map(({ path }) => path)).toEqual([]);
  });

  it('import only from the folders that the table allows', () => {
    const wrong = edges.filter(({ file, folder, from }) => {
      if (file === null) return false;
      if (file.startsWith('shaders/')) return folder !== 'gpu';
      const target = folderOf(file);
      if (target === folder || target === 'core') return false;
      if (folder === 'page' && PAGE_MAY_ALSO_IMPORT.test(file)) return false;
      if (from.startsWith('src/page/embed') && FRAME_MAY_ALSO_IMPORT.test(file)) return false;
      return target === null || !FOLDERS[folder]?.includes(target);
    });
    expect(wrong.map(({ from, file }) => `${from} → ${file}`)).toEqual([]);
  });

  it('have no cycle of imports, types included', () => {
    const graph = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.flatMap(({ file }) => (file === null ? [] : [file])),
      ]),
    );
    expect(findCycle(graph)?.join(' → ')).toBeUndefined();
  });

  it('have no barrel file', () => {
    const barrels = ours.filter(({ path, text }) => /\/index\.[jt]s$/.test(path) || /^export \*/m.test(text));
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  it('name every file by its full name', () => {
    const tests = readSources('test').flatMap(({ path, imports }) =>
      imports.map((edge) => ({ ...edge, from: path })),
    );
    const short = [...edges, ...tests].filter(
      ({ file, specifier }) =>
        file !== null && !/\.(ts|js|css|wgsl|json|txt|proto)(\?[a-z&]+)?$/.test(specifier),
    );
    expect(short.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });
});

describe('packages', () => {
  it('are named only in the folders that the table allows', () => {
    const wrong = edges.filter(({ file, specifier, folder }) => {
      if (file !== null || specifier.startsWith('node:')) return false;
      return !PACKAGES[packageOf(specifier)]?.includes(folder);
    });
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  it('stand in package.json, and none stands there unused', () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(resolve(ROOT, 'package.json'), 'utf8'),
    ) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const named = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ file, specifier }) =>
        file === null && !specifier.startsWith('node:') ? [{ path, name: packageOf(specifier) }] : [],
      ),
    );
    const strangers = named.filter(
      ({ path, name }) => !(name in dependencies) && !(path.endsWith('.node.ts') && name in devDependencies),
    );
    expect(strangers.map(({ path, name }) => `${path} → ${name}`)).toEqual([]);
    const scripts = ['vite'];
    const used = new Set([...scripts, ...named.map(({ name }) => name)]);
    expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
  });

  it('of libp2p reach protocol for keys and envelopes only', () => {
    const types = edges.filter(
      ({ folder, specifier }) => folder === 'protocol' && specifier === '@libp2p/interface',
    );
    expect(types.filter(({ typeOnly }) => !typeOnly).map(({ from }) => from)).toEqual([]);
  });
});

describe('Node', () => {
  it('is named only where Node runs', () => {
    const wrong = edges.filter(
      ({ from, folder, specifier }) =>
        specifier.startsWith('node:') && !NODE_FOLDERS.includes(folder) && !from.endsWith('.node.ts'),
    );
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  it('is out of reach of everything that a browser loads', () => {
    const starts = ours
      .filter(({ path }) => BROWSER_FOLDERS.includes(folderOf(path) ?? '') && !path.endsWith('.node.ts'))
      .map(({ path }) => path);
    const loaded = reachable(sources, starts);
    const wrong = [...loaded].filter(
      ([path]) =>
        path.endsWith('.node.ts') ||
        NODE_FOLDERS.includes(folderOf(path) ?? '') ||
        sources
          .find((source) => source.path === path)
          ?.imports.some(({ specifier }) => specifier.startsWith('node:')),
    );
    expect(wrong.map(([path, from]) => `${from} → ${path}`)).toEqual([]);
  });
});

describe('the GPU', () => {
  it('compiles shader text in one place, which gets none of it from the network', () => {
    const callers = ours.flatMap(({ path, text }) =>
      Array.from(text.matchAll(/\.createShaderModule\(/g), () => path),
    );
    expect(callers).toHaveLength(1);
    expect(folderOf(callers[0]!)).toBe('gpu');
    const shaders = edges.filter(({ file }) => file?.startsWith('shaders/') ?? false);
    expect(
      shaders.filter(({ specifier }) => !specifier.endsWith('.wgsl?raw')).map(({ from }) => from),
    ).toEqual([]);
  });
});

describe('the reader of imports', () => {
  it('sees every way to load a file, and which of them vanish before the program runs', () => {
    const text = `import type { A } from './a.ts'; import { type B } from './b.ts'; import './c.ts';
      export type { D } from './d.ts'; export { e } from './e.ts'; await import('./f.ts');
      let g: typeof import('./g.ts'); new Worker(new URL('./h.ts', import.meta.url)); import i from '../../shaders/i.wgsl?raw';`;
    const seen = importsOf('src/net/x.ts', text).map(
      ({ file, typeOnly }) => `${file}${typeOnly ? ' (type)' : ''}`,
    );
    expect(seen.toSorted()).toEqual([
      'shaders/i.wgsl',
      'src/net/a.ts (type)',
      'src/net/b.ts',
      'src/net/c.ts',
      'src/net/d.ts (type)',
      'src/net/e.ts',
      'src/net/f.ts',
      'src/net/g.ts (type)',
      'src/net/h.ts',
    ]);
  });

  it('finds a cycle and names its files', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ]);
    expect(findCycle(graph)).toEqual(['b', 'd', 'b']);
    expect(
      findCycle(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
          ['c', []],
        ]),
      ),
    ).toBeNull();
  });
});
