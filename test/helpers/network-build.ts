/** Builds network.html or operator.html alone, which takes much less time than the whole page. */
import { resolve } from 'node:path';
import { productionBuild } from './production-build.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export async function buildNetworkPage(outDir: string, page = 'network.html'): Promise<void> {
  await productionBuild({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    base: './',
    build: {
      outDir,
      target: 'es2022',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { input: resolve(ROOT, page) },
    },
  });
}
