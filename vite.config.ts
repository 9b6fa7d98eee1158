/** The page that visitors see: static files in dist/ that work from any folder and ask nobody else for anything. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, defineConfig, type Plugin, type Rolldown } from 'vite';
import { filesBeside, keptFiles, workerBuild } from './src/page/offline-build.node.ts';

/**
 * libp2p would look up /dnsaddr names at public DNS-over-HTTPS servers, which would then learn who contributes.
 * Our addresses name a host and a key, so nothing is lost with it.
 */
function withoutPublicDns(): Plugin {
  return {
    name: 'tilework:without-public-dns',
    load: {
      filter: { id: /@multiformats\/dns\/dist\/src\/resolvers\/default\.browser\.js/ },
      handler: () => `export const defaultResolver = () => [
        async (name) => { throw new Error('an address may not need a DNS lookup of ' + name); },
      ];`,
    },
  };
}

/**
 * Every key here is Ed25519, and a coordinator is pinned by one. libp2p would bring the other curve along, 5 KiB
 * after gzip for keys that are refused anyway.
 */
function withoutSecp256k1(): Plugin {
  return {
    name: 'tilework:without-secp256k1',
    load: {
      filter: { id: /@noble\/curves\/secp256k1\.js/ },
      handler: () => `const refuse = () => { throw new Error('only Ed25519 keys are used here'); };
      export const secp256k1 = {
        sign: refuse, verify: refuse, getPublicKey: refuse,
        Point: { fromBytes: refuse }, utils: { randomSecretKey: refuse },
      };`,
    },
  };
}

/**
 * npm installs one version of a package in several places when another version has the best one: uint8arrays 6.1.1
 * stands in eighteen. A file of the same package and version is bundled once, which makes the session worker 3.4 KB
 * smaller after gzip (161.8 before).
 */
function oneCopyOfEach(): Plugin {
  const first = new Map<string, string>();
  return {
    name: 'tilework:one-copy-of-each',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
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

const plugins = (): Plugin[] => [withoutPublicDns(), withoutSecp256k1(), oneCopyOfEach()];

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [...plugins(), installable()],
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
    rolldownOptions: { input: { index: 'index.html', network: 'network.html' } },
  },
});
