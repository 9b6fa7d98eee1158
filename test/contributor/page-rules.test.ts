import { expect, it } from 'vitest';
import { type RuleBroken, watchRules } from '../../src/contributor/page-rules.ts';

it('tells once that this page’s own policy forbids a WebSocket, and minds nothing else', () => {
  let say = (_event: RuleBroken): void => {};
  const told: string[] = [];
  watchRules({ addEventListener: (_, listener) => (say = listener) }, ({ code, message }) =>
    told.push(`${code}: ${message}`),
  );
  const broken = {
    blockedURI: 'wss://peers.example:443',
    effectiveDirective: 'connect-src',
    disposition: 'enforce',
  };
  say({ ...broken, disposition: 'report' });
  say({ ...broken, blockedURI: 'https://elsewhere.example/log' });
  say({ ...broken, effectiveDirective: 'script-src' });
  expect(told).toEqual([]);
  say(broken);
  say(broken);
  expect(told).toEqual([
    'forbidden: The content security policy of this page has no wss://peers.example:443 in connect-src.',
  ]);
});
