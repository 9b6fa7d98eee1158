/** Builds the page into dist/ once, before the first test that opens it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { productionBuild } from './production-build.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export default async function buildPage(): Promise<void> {
  if (!existsSync(resolve(ROOT, 'index.html'))) return;
  await productionBuild({ root: ROOT, configFile: resolve(ROOT, 'vite.config.ts'), logLevel: 'error' });
}
