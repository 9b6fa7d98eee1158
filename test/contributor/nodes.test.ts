import { describe, expect, it } from 'vitest';
import { NodeCache } from '../../src/contributor/nodes.ts';

const never = new AbortController().signal;

describe('the lists that shards read', () => {
  it('are kept up to a number of bytes, the newest ones, each in an array of its own', async () => {
    const asked: string[] = [];
    const chunk = new Uint8Array(64 * 1024);
    const nodes = new NodeCache(async (hash) => {
      asked.push(hash);
      return chunk.subarray(0, 1000);
    }, 4 * 1512);
    for (let i = 0; i < 10; i++) await nodes.get(`node ${i}`, never);
    expect(nodes.bytes).toBe(4 * 1512);
    expect((await nodes.get('node 9', never)).buffer.byteLength).toBe(1000);
    await nodes.get('node 0', never);
    expect(asked).toHaveLength(11);
    expect(asked.at(-1)).toBe('node 0');
  });

  it('are asked for until the last of those who wait has gone, and anew for who comes later', async () => {
    const asked: { signal: AbortSignal; resolve: (bytes: Uint8Array) => void }[] = [];
    const nodes = new NodeCache(
      (_, signal) => new Promise((resolve) => void asked.push({ signal, resolve })),
    );
    const [one, two] = [new AbortController(), new AbortController()];
    const waits = [nodes.get('node', one.signal), nodes.get('node', two.signal)];
    expect(asked).toHaveLength(1);
    one.abort();
    await expect(waits[0]).rejects.toMatchObject({ code: 'aborted' });
    expect(asked[0]!.signal.aborted).toBe(false);
    two.abort();
    await expect(waits[1]).rejects.toMatchObject({ code: 'aborted' });
    expect(asked[0]!.signal.aborted).toBe(true);
    const third = nodes.get('node', never);
    expect(asked).toHaveLength(2);
    asked[1]!.resolve(Uint8Array.of(1));
    expect(await third).toEqual(Uint8Array.of(1));
  });
});
