/** Where the coordinator is and what belongs to it, as whole URLs: by this site's own files and markup. */
import { type CoordinatorConfig, loadConfig } from '../contributor/config.ts';
import { AppError } from '../core/errors.ts';

async function fetchJson(path: string): Promise<unknown> {
  const response = await fetch(path, { cache: 'no-store', headers: { accept: 'application/json' } });
  if (!response.ok) throw new AppError('unreachable', `${path} answered ${response.status}`);
  return response.json();
}

export const metaOf = (name: string): string | undefined =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;

const absolute = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : undefined;

/** @param search - of the page's address, where that may name another coordinator; else '' */
export async function findCoordinator(search: string): Promise<CoordinatorConfig> {
  const meta = metaOf('coordinator');
  const { log, api, ...rest } = await loadConfig({ search }, meta, fetchJson, metaOf('log'), metaOf('api'));
  return { ...rest, log: absolute(log), api: absolute(api) };
}
