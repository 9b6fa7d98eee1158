/** Who may frame what: the list, and the headers over real HTTP. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asksForFrame, embeddingSites } from '../../src/coordinator/embedding.ts';
import { type TestCoordinator, testCoordinator } from '../helpers/network.ts';

const SITES = ['https://example.org', 'https://shop.example:8443', 'http://localhost:3000'];

describe('the list of sites', () => {
  it('holds exact origins, each once, in their order', () => {
    expect(embeddingSites([])).toEqual([]);
    expect(embeddingSites([...SITES, SITES[0]!])).toEqual(SITES);
  });

  it.each([
    ['*', 'none stands for all'],
    ['https://*.example.org', 'none stands for all'],
    ['https://example.org/', 'such as https://example.org'],
    ['example.org', 'by its origin alone'],
    ['http://example.org', 'only for this machine'],
    ["https://a;script-src'unsafe-inline'", 'by its origin alone'],
  ])('refuses %s, and says why', (text, why) => {
    expect(() => embeddingSites(['https://good.example', text])).toThrow(why);
  });

  it('has an end', () => {
    const many = Array.from({ length: 101 }, (_, n) => `https://s${n}.example`);
    expect(embeddingSites(many.slice(1))).toHaveLength(100);
    expect(() => embeddingSites(many)).toThrow('at most 100 sites');
    const long = many.slice(1).map((site) => site.replace('//', `//${'a'.repeat(40)}.`));
    expect(() => embeddingSites(long)).toThrow('4096');
    const account = `https://${'a'.repeat(56)}.example`;
    expect(embeddingSites([account])).toEqual([account]);
    expect(() => embeddingSites([account.replace('a', 'aa')])).toThrow('too long');
  });
});

describe('the frame', () => {
  it.each(['/?embed', '/?embed=1', '/index.html?embed', '/?lang=de&embed&x=?', '/?%65mbed'])(
    'is asked for with %s',
    (url) => {
      expect(asksForFrame(url)).toBe(true);
      // As the page itself looks.
      expect(new URL(url, 'https://h').searchParams.has('embed')).toBe(true);
    },
  );
  it.each(['/', '/?', '/?Embed', '/?x=embed', '/embed', '/network.html?embed', '//?embed', '/?embed2'])(
    'is not with %s',
    (url) => {
      expect(asksForFrame(url)).toBe(false);
    },
  );
});

describe('over HTTP', () => {
  let pageDir = '';
  const running: TestCoordinator[] = [];
  const start = async (embed?: readonly string[]): Promise<TestCoordinator> => {
    const made = await testCoordinator({ pageDir, ...(embed && { embed }) });
    running.push(made);
    return made;
  };
  let open: TestCoordinator;
  let closed: TestCoordinator;
  beforeAll(async () => {
    pageDir = await mkdtemp(join(tmpdir(), 'tilework-page-'));
    await mkdir(join(pageDir, 'assets'));
    for (const name of ['index.html', 'network.html', 'widget.js', 'sw.js', 'assets/embed-0a1b2c.js'])
      await writeFile(join(pageDir, name), name);
    [open, closed] = [await start(SITES), await start()];
  });
  afterAll(async () => {
    for (const each of running) await each.remove();
    await rm(pageDir, { recursive: true });
  });

  const get = (path: string, from = open): Promise<Response> =>
    fetch(`${from.url}${path}`, { headers: { origin: SITES[0]! } });
  const ancestors = async (path: string, from = open): Promise<string | undefined> =>
    /frame-ancestors ([^;]*)/.exec((await get(path, from)).headers.get('content-security-policy') ?? '')?.[1];

  it('the named sites may frame the widget’s document, and that alone', async () => {
    for (const path of ['/?embed', '/index.html?embed&theme=dark'])
      expect(await ancestors(path)).toBe(SITES.join(' '));
    for (const path of ['/', '/index.html', '/network.html?embed', '/widget.js?embed', '/healthz?embed'])
      expect(await ancestors(path)).toBe("'none'");
  });

  it('the policy is the page’s in all else', async () => {
    const policies = await Promise.all(['/', '/?embed'].map(async (path) => (await get(path)).headers));
    const [page, frame] = policies.map((headers) =>
      headers.get('content-security-policy')!.replace(/frame-ancestors [^;]*/, ''),
    );
    expect(frame).toBe(page);
  });

  it('nobody may where nobody was named', async () => {
    for (const path of ['/', '/?embed']) expect(await ancestors(path, closed)).toBe("'none'");
  });

  it('a second request, and one that the browser has an answer to, say the same', async () => {
    const first = await get('/?embed');
    const headers = { 'if-none-match': first.headers.get('etag')!, 'cache-control': 'max-age=0' };
    const again = await fetch(`${open.url}/?embed`, { headers });
    expect(again.status).toBe(304);
    expect(again.headers.get('content-security-policy')).toBe(first.headers.get('content-security-policy'));
    expect(await ancestors('/')).toBe("'none'");
  });

  it('the pages themselves are isolated from other origins', async () => {
    for (const path of ['/', '/network.html', '/?embed']) {
      const { headers } = await get(path, path === '/?embed' ? closed : open);
      expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });

  it('the loader may be fetched by any origin, as a module asks for it', async () => {
    const { headers } = await get('/widget.js');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('content-type')).toContain('javascript');
    expect(headers.get('cache-control')).toBe('no-cache');
  });

  it('a host that is isolated can show the frame, and the frame can start its workers', async () => {
    const frame = (await get('/?embed')).headers;
    expect(frame.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(frame.get('cross-origin-embedder-policy')).toBe('require-corp');
    const worker = (await get('/assets/embed-0a1b2c.js')).headers;
    expect(worker.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(worker.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it('no other file is for other origins', async () => {
    for (const path of ['/', '/sw.js', '/assets/embed-0a1b2c.js', '/network.html']) {
      const { headers } = await get(path);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });
});

describe('a coordinator', () => {
  it('does not start with a list that cannot be meant', async () => {
    await expect(testCoordinator({ embed: ['*'] })).rejects.toMatchObject({ code: 'bad-input' });
  });
});
