import { describe, expect, it } from 'vitest';
import { MAX_ORIGIN_CHARS, isLoopbackHost, isSiteOrigin } from '../../src/core/origin.ts';

describe('an origin of a site', () => {
  it.each([
    'https://example.org',
    'https://sub.example.org:8443',
    'https://xn--bcher-kva.example',
    'https://10.0.0.5',
    'http://localhost:3000',
    'http://shop.localhost',
    'http://127.0.0.1:8080',
    'https://localhost',
  ])('may be %s', (text) => {
    expect(isSiteOrigin(text)).toBe(true);
    expect(new URL(text).origin).toBe(text);
  });

  it.each([
    '',
    '*',
    'null',
    'https://*',
    'https://*.example.org',
    'https://example.org/',
    'https://example.org/path',
    'https://example.org:443',
    'https://example.org:65536',
    'https://EXAMPLE.org',
    'https://bücher.example',
    'https://user@example.org',
    'https://example.org; script-src https://evil.example',
    'https://a;b',
    "https://'self'",
    'https://a,b',
    'https://a_b.example',
    'https://[::1]',
    'http://example.org',
    'http://localhost.example.org',
    'http://127.0.0.1.example.org',
    'http://127.1',
    'https://0x7f.1',
    'https://example.org\n',
    'ftp://example.org',
    'file://',
    'https://..',
    `https://${'a'.repeat(MAX_ORIGIN_CHARS)}`,
  ])('may not be %j', (text) => {
    expect(isSiteOrigin(text)).toBe(false);
  });
});

describe('a host of this machine', () => {
  it.each(['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9'])('may be %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });
  it.each(['', 'localhost.org', 'notlocalhost', '128.0.0.1', '127.0.0.1.org'])('is not %j', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
