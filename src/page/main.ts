/** The page's composition root: joins the element, the contributor, this browser's clock and its network. */
import { createContributor } from '../contributor/client.ts';
import { loadConfig } from '../contributor/config.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { cryptoRng } from '../core/rng.ts';
import './app.ts';
import { PageController } from './controller.ts';
import { readSettings, rememberDisk, storageOf, traitsOf } from './settings.ts';
import { pageTitle } from './texts.ts';

async function fetchJson(path: string): Promise<unknown> {
  const response = await fetch(path, { cache: 'no-store', headers: { accept: 'application/json' } });
  if (!response.ok) throw new AppError('unreachable', `${path} answered ${response.status}`);
  return response.json();
}

const metaOf = (name: string): string | undefined =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;

/** Workers have another address than the page, so they are told whole URLs. */
const absolute = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : undefined;

const kept = storageOf(globalThis);

const controller = new PageController({
  contributor: createContributor(),
  loadConfig: async () => {
    const config = await loadConfig(location, metaOf('coordinator'), fetchJson, metaOf('log'));
    return { ...config, log: absolute(config.log) };
  },
  settings: readSettings(location.search, kept),
  rememberDisk: (bytes) => {
    rememberDisk(bytes, kept);
  },
  clock: systemClock,
  rng: cryptoRng,
});

const page = document.querySelector('tilework-page') ?? document.createElement('tilework-page');
if (!page.isConnected) document.body.append(page);
page.traits = traitsOf(globalThis);
page.controller = controller;

controller.onChange((state) => {
  document.title = pageTitle(state.wanted, state.status);
});
addEventListener('online', () => {
  controller.wake();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') controller.wake();
});
