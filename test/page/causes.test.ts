import { describe, expect, it } from 'vitest';
import type { ContributorStatus } from '../../src/contributor/api.ts';
import { STOPPED } from '../../src/contributor/api.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { Causes, type CausesOptions } from '../../src/page/causes.ts';
import { type Cause, causesDe, causesEn } from '../../src/page/strings-causes.ts';
import { settle } from './fake-scope.ts';

const trouble = (code: ErrorCode, change: Partial<ContributorStatus> = {}): ContributorStatus => ({
  ...STOPPED,
  stage: 'connecting',
  transport: 'websocket',
  problem: { code, message: 'x' },
  ...change,
});

function rig(options: Partial<CausesOptions> = {}) {
  const told: (Cause | undefined)[] = [];
  const causes = new Causes({
    storageRefused: () => Promise.resolve(false),
    answers: () => Promise.resolve(false),
    forbidden: () => false,
    onChange: (cause) => told.push(cause),
    ...options,
  });
  return { causes, told };
}
const yes = (): Promise<boolean> => Promise.resolve(true);

describe('behind a problem', () => {
  it.each<[ContributorStatus, Partial<CausesOptions>, Cause]>([
    [trouble('unsupported-key'), { storageRefused: yes }, 'no-storage'],
    [trouble('forbidden'), {}, 'rules'],
    [trouble('unreachable'), { forbidden: () => true }, 'rules'],
    [trouble('unreachable'), { answers: yes }, 'no-socket'],
  ])('stands what the page can find out: %#', async (status, options, cause) => {
    const { causes, told } = rig(options);
    causes.look(status);
    causes.look(status);
    await settle();
    expect(told).toEqual([cause]);
    causes.look({ ...status, problem: undefined });
    expect(told).toEqual([cause, undefined]);
  });

  it.each<[string, ContributorStatus]>([
    ['a coordinator that is down', trouble('unreachable')],
    ['a browser that cannot sign', trouble('unsupported-key')],
  ])('stands nothing more for %s', async (_, status) => {
    const { causes, told } = rig();
    causes.look(status);
    await settle();
    expect(told).toEqual([]);
  });

  it('stands no blocked WebSocket where one led there before, or none is used', async () => {
    const { causes, told } = rig({ answers: yes });
    causes.look(trouble('unreachable', { network: 'Tilework' }));
    causes.look(trouble('unreachable', { transport: 'webrtc-direct' }));
    causes.look(trouble('forbidden', { transport: 'webrtc-direct' }));
    await settle();
    expect(told).toEqual([]);
  });

  it('an answer that comes late says nothing about what is wrong by then', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { causes, told } = rig({ answers: () => promise });
    causes.look(trouble('unreachable'));
    causes.look(trouble('wrong-peer'));
    resolve(true);
    await settle();
    expect(told).toEqual([]);
  });
});

it('each cause has its own title and its own advice, in both languages', () => {
  for (const texts of [causesEn, causesDe]) {
    const all = Object.values(texts).flatMap(({ title, advice }) => [title, advice]);
    expect(new Set(all).size).toBe(6);
    for (const { title, advice } of Object.values(texts))
      expect([title.endsWith('.'), advice.endsWith('.')]).toEqual([false, true]);
  }
});
