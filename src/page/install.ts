/**
 * Keeps the page on this device, so that it opens, and goes on, without a network. Register it when the visitor presses
 * Start: what it keeps includes the workers' code, half a megabyte that nobody should pay for who only looks.
 */
import { ownScript } from '../core/trusted.ts';
import { attempt } from './browser-scope.ts';
import type { RegistrationLike, ServiceWorkersLike } from './update.ts';

/**
 * Undefined where there are no service workers (private windows of Firefox, no https) or they are refused.
 * @param base - absolute URL of the folder that the page is in
 */
export async function keepOffline(
  container: ServiceWorkersLike | undefined,
  base: string,
): Promise<RegistrationLike | undefined> {
  return attempt(() =>
    container?.register(ownScript(new URL('sw.js', base)), {
      scope: new URL('./', base).href,
      updateViaCache: 'none',
    }),
  );
}
