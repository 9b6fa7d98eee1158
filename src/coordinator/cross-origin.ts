/**
 * Public figures are for everybody, also for a page that lives on another origin. No credentials: a token is never
 * asked for on these routes, and a browser that is told `*` sends none along.
 */
export const OPEN_TO_ALL: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'retry-after',
};
