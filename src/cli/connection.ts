/** Which coordinator a command talks to, and with what token. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TileworkClient } from '../client/client.ts';
import { AppError } from '../core/errors.ts';
import type { Environment } from './browser.ts';

export const DEFAULT_URL = 'http://127.0.0.1:8080';
export const DEFAULT_DATA = 'tilework-data';

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** A coordinator's data folder on this machine. */
  readonly data?: string | undefined;
}

/**
 * An address and a token, from what was given, TILEWORK_TOKEN or a data folder, in this order.
 * @throws AppError 'unauthorized' when there is no token, 'bad-input' for an address that is none.
 */
export async function credentials(
  options: ConnectionOptions,
  env: Environment,
): Promise<{ readonly url: string; readonly token: string }> {
  const url = options.url ?? env['TILEWORK_URL'] ?? DEFAULT_URL;
  const given = options.token ?? env['TILEWORK_TOKEN'];
  const token = given?.trim() || (await tokenIn(options.data, url));
  return { url, token };
}

/** A client with them. @throws as `credentials` */
export async function connect(options: ConnectionOptions, env: Environment): Promise<TileworkClient> {
  return new TileworkClient(await credentials(options, env));
}

async function tokenIn(data: string | undefined, url: string): Promise<string> {
  // The token of a coordinator here is not for one elsewhere, unless somebody says so.
  if (data === undefined && !isThisMachine(url)) {
    throw new AppError(
      'unauthorized',
      `submitting to ${url} needs its token: give --token or set TILEWORK_TOKEN`,
    );
  }
  const path = join(data ?? DEFAULT_DATA, 'token');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new AppError(
      'unauthorized',
      `submitting needs the coordinator's token, and ${path} cannot be read: give --data with its data folder, --token, or set TILEWORK_TOKEN`,
      { cause },
    );
  }
}

function isThisMachine(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : '127.0.0.1';
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
