/**
 * Reads a small file of a site that the operator has named, for its owner to prove who they are. What a stranger can
 * ask for must not reach what only this machine can: https to public addresses alone (checked where the connection
 * takes them, so that a name cannot change meanwhile), no redirects, little time, few bytes. A site on this machine
 * is read over loopback, because the operator named it so.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type LookupFunction, isIP } from 'node:net';
import { AppError, toAppError } from '../core/errors.ts';
import { isLoopbackHost } from '../core/origin.ts';
import { addressList } from './local-only.ts';

export interface SiteAnswer {
  readonly status: number;
  /** At most MAX_SITE_BYTES of it. */
  readonly text: string;
}

/** @throws AppError 'unreachable' or 'forbidden', with a sentence about the site */
export type ReadSite = (url: string) => Promise<SiteAnswer>;

/** As much as a page's head may take. */
export const MAX_SITE_BYTES = 64 * 1024;
const READ_MS = 5000;

/** All addresses of a name. */
export type Resolve = (
  host: string,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

const LOOPBACK = addressList(['127.0.0.0/8', '::1'], 'loopback');
/** The special-purpose registries of IANA (RFC 6890), multicast, and what embeds an IPv4 address. */
const NOT_PUBLIC = addressList(
  [
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
    '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
    '::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16',
    'fc00::/7 fe80::/10 fec0::/10 ff00::/8',
  ].flatMap((line) => line.split(' ')),
  'not public',
);

const resolveBySystem: Resolve = (host, callback) => {
  systemLookup(host, { all: true, verbatim: true }, callback);
};

/** @param resolve - how names become addresses */
export function siteReader(resolve: Resolve = resolveBySystem, readMs: number = READ_MS): ReadSite {
  return async (url) => {
    const { hostname, protocol } = new URL(url);
    const mayUse = isLoopbackHost(hostname) ? isLoopback : isPublic;
    // An address in place of a name is looked up by nobody.
    if (isIP(hostname) !== 0 && !mayUse(hostname)) throw refusal(hostname);
    const options: RequestOptions = {
      agent: false,
      lookup: lookupOf(resolve, mayUse),
      signal: AbortSignal.timeout(readMs),
      headers: {
        'user-agent': 'tilework',
        'accept-encoding': 'identity',
        accept: 'application/json, text/html',
      },
    };
    try {
      const response = await new Promise<IncomingMessage>((answered, failed) => {
        const send = protocol === 'https:' ? requestHttps : requestHttp;
        send(url, options, answered).on('error', failed).end();
      });
      return { status: response.statusCode ?? 0, text: await readSome(response) };
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'forbidden') throw error;
      const late = error.code === 'timeout' || error.code === 'aborted';
      const why = late ? `no answer within ${readMs / 1000} s` : error.message;
      throw new AppError('unreachable', `${url} could not be read: ${why}`, { cause: thrown });
    }
  };
}

function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function isPublic(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !NOT_PUBLIC.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** One address that may not be used is enough to use none. */
function lookupOf(resolve: Resolve, mayUse: (address: string) => boolean): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) callback(error ?? new Error('it has no address'), '', 0);
      else if (!addresses.every(({ address }) => mayUse(address))) callback(refusal(host), '', 0);
      else if (all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(host: string): AppError {
  return new AppError('forbidden', `${host} has an address that is not public; it cannot be asked from here`);
}

/** What comes beyond the limit is not waited for. */
async function readSome(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= MAX_SITE_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MAX_SITE_BYTES).toString('utf8');
}
