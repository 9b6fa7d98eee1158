/** The page that visitors see: static files in dist/ that work from any folder and ask nobody else for anything. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, defineConfig, type Plugin, type Rolldown } from 'vite';
import { REPLACED, SAME_IN_ALL_VERSIONS } from './src/page/lean-build.node.ts';
import { filesBeside, keptFiles, workerBuild } from './src/page/offline-build.node.ts';
import { widgetBuild } from './src/widget/build.node.ts';

function without(): Plugin[] {
  return REPLACED.map(({ id, code }) => ({
    name: `tilework:without:${id.source}`,
    load: { filter: { id }, handler: () => code },
  }));
}

/**
 * npm installs one version of a package in several places when another version has the best one: uint8arrays 6.1.1
 * stands in eighteen. A file of the same package and version is bundled once.
 */
function oneCopyOfEach(): Plugin {
  const first = new Map<string, string>();
  const libp2p = resolve(import.meta.dirname, 'node_modules/libp2p/dist/src/index.js');
  return {
    name: 'tilework:one-copy-of-each',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      const from = SAME_IN_ALL_VERSIONS.test(source) ? libp2p : importer;
      const found = await this.resolve(source, from, { ...options, skipSelf: true });
      const [, folder, name, file] =
        /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\/(.+)$/.exec(found?.id ?? '') ?? [];
      if (!found || !folder) return found;
      const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version: string };
      const same = `${name}@${version}/${file}`;
      if (!first.has(same)) first.set(same, found.id);
      return { ...found, id: first.get(same)! };
    },
  };
}

/** Manifest, icons and a service worker beside the page, under names that stay: see src/page/service-worker.ts. */
function installable(): Plugin {
  return {
    name: 'tilework:installable',
    apply: 'build',
    generateBundle() {
      for (const { path, source } of filesBeside()) this.emitFile({ type: 'asset', fileName: path, source });
    },
    // Only what was written has the bytes whose hashes count: a link to its source map comes last.
    async writeBundle({ dir = 'dist' }, bundle) {
      const settings = workerBuild(keptFiles(dir, Object.keys(bundle)), import.meta.dirname);
      const { output } = (await build(settings)) as Rolldown.RolldownOutput;
      writeFileSync(resolve(dir, 'sw.js'), output[0].code);
    },
  };
}

/** What other sites load, beside the page: see src/widget. Not kept offline, and not hashed: they name it in their markup. */
function embeddable(): Plugin {
  return {
    name: 'tilework:embeddable',
    apply: 'build',
    async writeBundle({ dir = 'dist' }) {
      const { output } = (await build(widgetBuild(import.meta.dirname))) as Rolldown.RolldownOutput;
      writeFileSync(resolve(dir, 'widget.js'), output[0].code);
    },
  };
}

/** For the page and, apart from it, for its workers. */
const plugins = (): Plugin[] => [...without(), oneCopyOfEach()];

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [...plugins(), installable(), embeddable()],
  worker: { format: 'es', plugins },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    // Every browser with WebGPU has modulepreload; the polyfill is bytes for nobody.
    modulePreload: { polyfill: false },
    // Data URLs would need `data:` in the page's content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: 'index.html', network: 'network.html', operator: 'operator.html' },
      output: {
        // What both pages need at once, in one file: eight small ones took 1.3 KB more after gzip.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /node_modules\/(@lit|lit|lit-html|lit-element)\/(?!directives\/repeat|directive-helpers)|preload-helper|src\/core\/(errors|async|clock|rng)\.ts|src\/page\/(language|storage|shown-numbers)\.ts/,
            },
            // What the page and the frame in a host's page need at once: six small ones took as much.
            {
              name: 'conduct',
              test: /src\/contributor\/(api|config|data-meter|heat|policy|schedule|settings)\.ts|src\/(gpu\/duty|core\/trusted)\.ts|src\/page\/(battery|browser-scope|idle|late-timers|lease-beacon|network-signals|pressure|settings|signals|tab-channel|tab-lock|tab-status|visibility)\.ts/,
            },
            {
              name: 'mosaic',
              test: /src\/page\/((mosaic|figures)[a-z-]*|watched-page)\.ts|src\/core\/runs\.ts/,
            },
          ],
        },
      },
    },
  },
});
