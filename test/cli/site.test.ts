/** `tilework site` against a whole coordinator. */
import { describe, expect, it } from 'vitest';
import { type SiteOptions, site } from '../../src/cli/site.ts';
import { coordinatorForFile } from '../coordinator/http-client.ts';
import { type MemoryTerminal, testContext } from './memory-terminal.ts';

const SHOP = 'https://shop.example';
let published = '';
const home = coordinatorForFile(() => ({
  embed: [SHOP],
  readSite: () => Promise.resolve({ status: 200, text: published }),
}));

async function run(options: SiteOptions): Promise<MemoryTerminal> {
  const context = testContext();
  await site({ url: home().url, ...options }, context);
  return context.terminal;
}

describe('tilework site', () => {
  it('lists and shows without a token', async () => {
    const line = `${SHOP}  0 shards, 0.00e+0 multiply-adds, 0.000000 credit, 0 now`;
    expect((await run({ action: 'list' })).outLines).toEqual([line]);
    expect((await run({ action: 'show', origin: SHOP })).outLines).toEqual([line]);
    await expect(run({ action: 'show', origin: 'https://other.example' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('leads an owner from the claim to the token, alone on stdout', async () => {
    const begun = await run({ action: 'claim', origin: SHOP });
    const [, claim = ''] = /--claim (\S+)/.exec(begun.noteLines[0]!) ?? [];
    const check = { action: 'check', origin: SHOP, claim } as const;
    await expect(run(check)).rejects.toMatchObject({ code: 'conflict' });
    published = begun.outLines[0]!.slice(begun.outLines[0]!.indexOf('{'));
    const { outLines } = await run(check);
    expect(outLines).toEqual([expect.stringMatching(/^tilework_site_[\w-]{43}$/)]);
    const shown = await run({ action: 'show', origin: SHOP, ownerToken: outLines[0] });
    expect(shown.outLines[1]).toBe('site:shop.example  0.000000 credit; 0 keys have worked here');
    const wrong = `tilework_site_${'A'.repeat(43)}`;
    await expect(run({ action: 'show', origin: SHOP, ownerToken: wrong })).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });
});
