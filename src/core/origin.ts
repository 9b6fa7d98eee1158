/**
 * Sites are named by their origin, exactly as a browser writes it (RFC 6454 §6.1): scheme, host, and a port unless it
 * is the scheme's own. Such a text is safe in a header and in a path: letters, digits, dots, dashes, and ":" and "/".
 */

/** "https://" and the longest host and port there are. */
export const MAX_ORIGIN_CHARS = 267;

/**
 * URL alone would take `*`, `;` and quotes as parts of a host. Addresses of IPv6 have no certificate, and no place
 * in the name of an account.
 */
const ORIGIN = /^(https?):\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::\d{1,5})?$/;
const LOOPBACK = /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+)$/;

/** Of this machine by its name; nobody else can answer there, and browsers trust it without TLS. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Whether the text is an origin as a browser writes it, over TLS or on this machine. */
export function isSiteOrigin(text: string): boolean {
  const [, scheme, host = ''] = (text.length <= MAX_ORIGIN_CHARS && ORIGIN.exec(text)) || [];
  if (scheme === undefined || (scheme === 'http' && !isLoopbackHost(host))) return false;
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}
