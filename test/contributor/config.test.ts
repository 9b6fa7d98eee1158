import { describe, expect, it } from 'vitest';
import { assertPinned, loadConfig } from '../../src/contributor/config.ts';

const PEER = '12D3KooWQYzCrvfHcmWjNEKMYy3PtBFkvKaXjYb4VtCcF8h9Qx2f';
const at = (host: string): string => `/dns4/${host}/tcp/443/tls/ws/p2p/${PEER}`;

const FILE = { v: 1, addrs: [at('file.example')] };
const reads =
  (file: unknown): (() => Promise<unknown>) =>
  () =>
    Promise.resolve(file);
const search = (...addresses: readonly string[]): { search: string } => ({
  search: `?${new URLSearchParams(addresses.map((address) => ['coordinator', address])).toString()}`,
});
const NOTHING = { search: '' };

describe('where the coordinator is', () => {
  it.each([
    ['the address bar', search(at('query.example')), at('meta.example'), 'query', [at('query.example')]],
    [
      'every address in the address bar',
      search(at('one.example'), at('two.example')),
      undefined,
      'query',
      [at('one.example'), at('two.example')],
    ],
    ['the page', NOTHING, at('meta.example'), 'meta', [at('meta.example')]],
    [
      'a page with two addresses',
      NOTHING,
      ` ${at('one.example')}\n ${at('two.example')} `,
      'meta',
      [at('one.example'), at('two.example')],
    ],
    ['the file', NOTHING, undefined, 'file', [at('file.example')]],
    ['the file, when the page names none', { search: '?software=allow' }, '', 'file', [at('file.example')]],
  ] as const)('is taken from %s', async (_, location, meta, source, addresses) => {
    const [log, api] = source === 'query' ? [] : ['./log/', './v1/'];
    expect(await loadConfig(location, meta, reads(FILE))).toEqual({ source, addresses, log, api });
  });

  it('is followed by where its public log is, if that is somewhere else', async () => {
    const own = 'https://log.example/tiles/';
    const load = loadConfig(NOTHING, at('meta.example'), reads(FILE), own);
    expect((await load).log).toBe(own);
    expect((await loadConfig(NOTHING, undefined, reads({ ...FILE, log: own }))).log).toBe(own);
    await expect(loadConfig(NOTHING, undefined, reads({ ...FILE, log: 7 }))).rejects.toMatchObject({
      code: 'bad-input',
    });
    // Whoever sends a link must not make this site's log look forged.
    expect((await loadConfig(search(at('query.example')), undefined, reads(FILE), own)).log).toBeUndefined();
  });

  it('is followed by where its API is, if that is somewhere else', async () => {
    const own = 'https://coordinator.example/v1/';
    const load = loadConfig(NOTHING, at('meta.example'), reads(FILE), undefined, own);
    expect((await load).api).toBe(own);
    expect((await loadConfig(NOTHING, undefined, reads({ ...FILE, api: own }))).api).toBe(own);
    await expect(loadConfig(NOTHING, undefined, reads({ ...FILE, api: null }))).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('does not ask for the file when something nearer names it', async () => {
    const never = (): Promise<unknown> => Promise.reject(new Error('asked for the file'));
    expect((await loadConfig(search(at('query.example')), undefined, never)).source).toBe('query');
    expect((await loadConfig(NOTHING, at('meta.example'), never)).source).toBe('meta');
  });

  it.each([
    ['no key', '/dns4/x.example/tcp/443/tls/ws'],
    ['a key that is too short', '/dns4/x.example/tcp/443/tls/ws/p2p/12D3KooW'],
    ['a key that is not base58', `/dns4/x.example/tcp/443/tls/ws/p2p/${PEER.replace('Q', '0')}`],
    ['something after the key', `${at('x.example')}/p2p-circuit`],
    ['nothing', ''],
  ])('is refused where an address has %s', async (_, address) => {
    await expect(loadConfig(search(address), undefined, reads(FILE))).rejects.toMatchObject({
      code: 'bad-input',
    });
    await expect(loadConfig(NOTHING, undefined, reads({ v: 1, addrs: [address] }))).rejects.toMatchObject({
      code: 'bad-input',
    });
  });

  it('is refused when one of several addresses is not pinned', () => {
    expect(() => assertPinned([at('one.example'), '/dns4/two.example/tcp/443/tls/ws'])).toThrow(
      /two\.example.*must end in \/p2p\//,
    );
    expect(() => assertPinned([])).toThrow('no address');
  });

  it('is unreachable while the file cannot be read, so that the page tries again', async () => {
    const gone = (): Promise<unknown> => Promise.reject(new TypeError('Failed to fetch'));
    await expect(loadConfig(NOTHING, undefined, gone)).rejects.toMatchObject({
      code: 'unreachable',
      cause: expect.any(TypeError) as TypeError,
    });
  });

  it.each([
    ['null', null],
    ['a number', 3],
    ['a list', []],
    ['another shape', { addresses: FILE.addrs }],
    ['a text for a list', { v: 1, addrs: at('x.example') }],
    ['numbers for addresses', { v: 1, addrs: [1] }],
    ['an empty list', { v: 1, addrs: [] }],
    ['a version to come', { v: 2, addrs: FILE.addrs }],
    ['no version', { addrs: FILE.addrs }],
  ])('is refused when the file is %s', async (_, file) => {
    await expect(loadConfig(NOTHING, undefined, reads(file))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
