/** Where a site's owner publishes a token, and how it is found there. Pure; whatever a site says, it is only read. */

/** Of the meta element. */
export const META_NAME = 'tilework-site';
export const FILE_PATH = '/.well-known/tilework.json';

const MAX_TOKENS = 100;

/** `{"v":1,"tokens":["…"]}`: a site may be claimed at several coordinators. */
export function fileHolds(text: string, token: string): boolean {
  try {
    const { v, tokens } = (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
    return v === 1 && Array.isArray(tokens) && tokens.slice(0, MAX_TOKENS).includes(token);
  } catch {
    return false;
  }
}

/**
 * `<meta name="tilework-site" content="TOKEN">` in the page's head. What stands in comments, scripts, texts and other
 * attributes, where a visitor's words may come to stand, is no element. A head that is malformed ends there: its owner
 * can publish the file instead.
 */
export function pageHolds(html: string, token: string): boolean {
  for (const { name, attributes } of headElements(html))
    if (name === 'meta' && attributes.get('name') === META_NAME && attributes.get('content') === token)
      return true;
  return false;
}

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const TAG = /<([a-z][a-z0-9:-]*)/iy;
const ATTRIBUTE = /[\s/]*([^\s"'<>=/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/y;
const TAG_END = /[\s/]*>/y;
/** Their content is text, or a document of its own. */
const TEXT = /^(script|style|title|noscript|template|textarea)$/;

/** Start tags in their order, up to the end of the head. One pass: a hostile page takes no longer than another. */
function* headElements(html: string): Generator<Element> {
  const lower = html.toLowerCase();
  const after = (text: string, from: number): number => {
    const found = lower.indexOf(text, from);
    return found < 0 ? html.length : found + text.length;
  };
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) {
    if (lower.startsWith('<!--', at)) {
      at = after('-->', at + 4);
      continue;
    }
    const name = matchAt(TAG, html, at)?.[1]?.toLowerCase();
    if (name === undefined) {
      if (lower.startsWith('</head', at)) return;
      at += 1;
      continue;
    }
    if (name === 'body') return;
    const attributes = new Map<string, string>();
    at += 1 + name.length;
    for (let found = matchAt(ATTRIBUTE, html, at); found; found = matchAt(ATTRIBUTE, html, at)) {
      const [whole, key = '', double, single, bare] = found;
      // The first one counts, as in a browser.
      if (!attributes.has(key.toLowerCase()))
        attributes.set(key.toLowerCase(), double ?? single ?? bare ?? '');
      at += whole.length;
    }
    const end = matchAt(TAG_END, html, at);
    if (!end) return;
    at += end[0].length;
    yield { name, attributes };
    if (TEXT.test(name)) at = after(`</${name}`, at);
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
