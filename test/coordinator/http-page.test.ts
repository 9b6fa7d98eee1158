import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkView } from '../../src/core/v1.ts';
import { socketOrigin } from '../../src/coordinator/http.ts';
import { coordinatorForFile, problem } from './http-client.ts';

let pageDir = '';
beforeAll(async () => {
  pageDir = await mkdtemp(join(tmpdir(), 'tilework-page-'));
  await mkdir(join(pageDir, 'assets'));
  await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(pageDir, 'assets/main-0a1b2c.js'), 'export {};');
});
const home = coordinatorForFile(() => ({ pageDir, network: 'A test' }));
afterAll(() => rm(pageDir, { recursive: true }));

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${home().url}${path}`, init);

describe('what anybody may read', () => {
  it('is where the coordinator is reached, in a form that pages know', async () => {
    const answer = await get('/coordinator.json');
    expect(await answer.json()).toEqual({ v: 1, addrs: home().peerAddresses });
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    for (const address of home().peerAddresses) expect(address).toContain(`/p2p/${home().peerId}`);
  });

  it('is that it lives', async () => {
    const answer = await get('/healthz');
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true }]);
  });

  it('is what Prometheus asks for', async () => {
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=/);
    const text = await answer.text();
    for (const name of [
      'tilework_contributors 0',
      'tilework_shard_seconds_count 0',
      'process_cpu_seconds_total',
    ])
      expect(text).toContain(name);
  });

  it('is the state of the network', async () => {
    expect((await (await get('/v1/network')).json()) as NetworkView).toMatchObject({
      network: 'A test',
      coordinator: home().peerId,
      contributorsNow: 0,
      jobsRunning: 0,
    });
  });
});

describe('the page', () => {
  it('may load its own parts, talk to this coordinator, and be framed by nobody', async () => {
    const answer = await get('/');
    expect(await answer.text()).toContain('<title>page</title>');
    const policy = answer.headers.get('content-security-policy')!;
    const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]));
    const sockets = home().peerAddresses.map((address) => `ws://127.0.0.1:${/tcp\/(\d+)/.exec(address)![1]}`);
    expect(rules.get('default-src')).toEqual(["'none'"]);
    expect(rules.get('script-src')).toEqual(["'self'"]);
    expect(rules.get('connect-src')).toEqual(["'self'", ...new Set(sockets)]);
    expect(rules.get('frame-ancestors')).toEqual(["'none'"]);
    expect(rules.get('require-trusted-types-for')).toEqual(["'script'"]);
    expect(rules.get('trusted-types')).toEqual(['tilework', 'lit-html']);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  });

  it('lets its workers use WebAssembly, by the policy of their own script, and no JavaScript made of text', async () => {
    const policy = (await get('/assets/main-0a1b2c.js')).headers.get('content-security-policy')!;
    expect(policy.split('; ')).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toMatch(/'unsafe|\*/);
  });

  it('is asked for anew each time, its hashed parts never again', async () => {
    const asset = await get('/assets/main-0a1b2c.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await get('/index.html')).headers.get('cache-control')).toBe('no-cache');
  });

  it.each([
    '/../coordinator.key',
    '/..%2fcoordinator.key',
    '/%2e%2e/token',
    '/assets/..%5c..%5ctoken',
    '/assets/',
  ])('does not come with %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});

describe('every answer', () => {
  it.each(['/', '/healthz', '/metrics', '/v1/network', '/nowhere', '/v1/jobs', '/coordinator.json'])(
    'says nosniff and no referrer: %s',
    async (path) => {
      const { headers } = await get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    },
  );

  it.each(['/nowhere', '/v1', '/v1/nothing', '/v2/jobs', '/healthz/more', '/favicon.png?x=1'])(
    'to a path that is not there is a problem document: %s',
    async (path) => {
      const answer = await problem(home(), path);
      expect(answer).toMatchObject({ status: 404, code: 'not-found', type: '/docs#problem-not-found' });
      expect(answer.detail).toContain(path.split('?')[0]);
    },
  );

  it('to a method that is not there is one too', async () => {
    expect(await problem(home(), '/healthz', { method: 'PUT' })).toMatchObject({ status: 404 });
    expect(await problem(home(), '/v1/network', { method: 'POST' })).toMatchObject({ status: 404 });
  });
});

describe('socketOrigin', () => {
  it.each([
    ['/ip4/127.0.0.1/tcp/9001/ws/p2p/12D3KooW', 'ws://127.0.0.1:9001'],
    ['/ip4/10.0.0.1/tcp/80/ws', 'ws://10.0.0.1:80'],
    ['/ip6/::1/tcp/9001/ws/p2p/12D3KooW', 'ws://[::1]:9001'],
    ['/dns4/coord.example.org/tcp/443/tls/ws/p2p/12D3KooW', 'wss://coord.example.org:443'],
    ['/dns/coord.example.org/tcp/443/wss', 'wss://coord.example.org:443'],
    ['/dns6/coord.example.org/tcp/8443/tls/ws', 'wss://coord.example.org:8443'],
    ['/ip4/127.0.0.1/udp/9001/webrtc-direct', undefined],
    ['/ip4/127.0.0.1/tcp/9001', undefined],
    ['/dns4/a.org/tcp/443/wsx', undefined],
    ["/dns4/a.org; script-src 'unsafe-inline'/tcp/443/wss", undefined],
    ['', undefined],
  ])('of %s is %s', (address, origin) => {
    expect(socketOrigin(address)).toBe(origin);
  });
});
