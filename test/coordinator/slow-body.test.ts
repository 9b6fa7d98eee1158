import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { steadyBody } from '../../src/coordinator/slow-body.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const GIB = 2 ** 30;

/** Reads all of it. */
async function length(body: AsyncIterable<Uint8Array>): Promise<number> {
  let total = 0;
  for await (const piece of body) total += piece.length;
  return total;
}

/** A body whose pieces of `bytes` come `everyMs`, `count` times; then it ends. */
async function drip(clock: FakeClock, bytes: number, everyMs: number, count: number): Promise<unknown> {
  const body = new Readable({ read() {} });
  const read = length(steadyBody(body, GIB, clock)).catch((error: unknown) => error);
  for (let piece = 0; piece < count; piece++) {
    await clock.advance(everyMs);
    body.push(Buffer.alloc(bytes));
  }
  await clock.advance(0);
  body.push(null);
  return read;
}

describe('an upload', () => {
  it('may pause for less than half a minute, and be as slow as 4 KiB a second', async () => {
    expect(await drip(new FakeClock(), 1 << 20, 29_000, 4)).toBe(4 << 20);
    expect(await drip(new FakeClock(), 4096, 1000, 200)).toBe(200 * 4096);
  });

  it.each([
    ['stops', 1 << 20, 31_000, 1],
    ['sends a byte a second', 1, 1000, 60],
    ['stays below 4 KiB a second', 3000, 1000, 200],
  ])('is cut when it %s', async (_name, bytes, everyMs, count) => {
    expect(await drip(new FakeClock(), bytes, everyMs, count)).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('4.00 KiB a second') as string,
    });
  });

  it('is not held to our own slowness', async () => {
    const clock = new FakeClock();
    const body = Readable.from([Buffer.alloc(10), Buffer.alloc(10), Buffer.alloc(10)]);
    let total = 0;
    for await (const piece of steadyBody(body, GIB, clock)) {
      total += piece.length;
      await clock.advance(120_000);
    }
    expect(total).toBe(30);
    expect(clock.pending).toBe(0);
  });

  it('ends one byte over the limit, and leaves the connection to carry the answer', async () => {
    const at = Readable.from([Buffer.alloc(60), Buffer.alloc(40)]);
    expect(await length(steadyBody(at, 100, new FakeClock()))).toBe(100);
    const over = new Readable({ read() {} });
    over.push(Buffer.alloc(60));
    over.push(Buffer.alloc(41));
    await expect(length(steadyBody(over, 100, new FakeClock()))).rejects.toMatchObject({ code: 'too-large' });
    expect(over.destroyed).toBe(false);
  });
});
