import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { Peer, expose, proxy, transfer } from '../../src/contributor/remote.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const far = {
  add: (a: number, b: number): number => a + b,
  refuse: (): never => {
    throw new AppError('out-of-memory', 'The GPU is full.');
  },
  refuseLater: async (): Promise<never> => {
    await Promise.resolve();
    throw new AppError('gpu-lost', 'The device is gone.');
  },
  throwType: (): never => {
    throw new TypeError('x is not a function');
  },
  throwText: (): never => {
    // Libraries do.
    // eslint-disable-next-line typescript/only-throw-error
    throw 'plain text';
  },
  never: (): Promise<never> => new Promise(() => {}),
  length: (bytes: Uint8Array): number => bytes.length,
  big: (): bigint => 2n ** 63n,
  large: (): Uint8Array[] => [new Uint8Array(1 << 20)],
  countTo: async (n: number, tell: (i: number) => unknown): Promise<void> => {
    for (let i = 1; i <= n; i++) await tell(i);
  },
};

describe('a call over a port', () => {
  const ports: MessagePort[] = [];
  afterEach(() => {
    for (const port of ports.splice(0)) port.close();
  });

  const join = (clock = systemClock): Peer<typeof far> => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    expose(far, port2);
    return new Peer<typeof far>(port1, clock);
  };

  it('brings the answer', async () => {
    const peer = join();
    expect(await peer.call('adding', peer.api.add(2, 3))).toBe(5);
    expect(await peer.call('asking', peer.api.big())).toBe(2n ** 63n);
  });

  it.each([
    ['refuse', 'out-of-memory', 'The GPU is full.'],
    ['refuseLater', 'gpu-lost', 'The device is gone.'],
    ['throwType', 'internal', 'x is not a function'],
    ['throwText', 'internal', 'plain text'],
  ] as const)(
    'rejects with the code and the sentence of what was thrown there: %s',
    async (name, code, message) => {
      const peer = join();
      const call = peer.call('trying', peer.api[name]());
      await expect(call).rejects.toBeInstanceOf(AppError);
      await expect(call).rejects.toMatchObject({ code, message });
      expect(await peer.call('adding', peer.api.add(1, 1))).toBe(2);
    },
  );

  it('moves a block instead of copying it', async () => {
    const peer = join();
    const bytes = new Uint8Array(1024);
    expect(await peer.call('sending', peer.api.length(transfer(bytes, [bytes.buffer])))).toBe(1024);
    expect(bytes.length).toBe(0);
  });

  it('calls back as often as it is asked to', async () => {
    const peer = join();
    const seen: number[] = [];
    await peer.call(
      'counting',
      peer.api.countTo(
        3,
        proxy((i: number) => seen.push(i)),
      ),
    );
    expect(seen).toEqual([1, 2, 3]);
  });

  it('ends with a timeout when no answer comes, and later calls still work', async () => {
    const clock = new FakeClock();
    const peer = join(clock);
    const slow = peer.call('waiting', peer.api.never(), 5_000);
    let failure: unknown;
    slow.catch((error: unknown) => {
      failure = error;
    });
    await clock.advance(4_999);
    expect(failure).toBeUndefined();
    await clock.advance(1);
    expect(failure).toMatchObject({ code: 'timeout', message: 'waiting took longer than 5000 ms' });
    expect(await peer.call('adding', peer.api.add(1, 1))).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('rejects all that is pending, and all that comes later, once the other side has died', async () => {
    const peer = join();
    const pending = [1, 2, 3].map((i) => peer.call(`call ${i}`, peer.api.never()));
    peer.die(new AppError('gpu-lost', 'the GPU worker failed'));
    peer.die(new AppError('internal', 'said twice'));
    for (const call of pending) await expect(call).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(peer.died).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(peer.call('adding', peer.api.add(1, 1))).rejects.toMatchObject({ code: 'gpu-lost' });
  });

  it('does not keep what a call has brought', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const peer = join();
    const answers: WeakRef<Uint8Array>[] = [];
    for (let i = 0; i < 8; i++) {
      const [block] = await peer.call('reading', peer.api.large());
      answers.push(new WeakRef(block!));
    }
    // WeakRefs hold on to their targets until the turn in which they were made has ended.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    const kept = answers.filter((answer) => answer.deref() !== undefined);
    expect(kept.length).toBeLessThanOrEqual(1); // the last may still be in a register
  });
});
