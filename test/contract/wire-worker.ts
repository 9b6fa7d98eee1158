/** Far ends of the wire contract inside a dedicated worker, called by message. */
import { dialFar } from './wire-dial.ts';
import type { FarEnd } from './wire-far.ts';

export interface Call {
  readonly id: number;
  /** Which far end; the one to make for 'dial'. */
  readonly end: number;
  readonly method: keyof FarEnd | 'dial';
  readonly args: readonly unknown[];
}

const ends = new Map<number, FarEnd>();

addEventListener('message', (event: MessageEvent<Call>) => {
  const { id } = event.data;
  answer(event.data).then(
    (result) => postMessage({ id, result }),
    (error: unknown) => postMessage({ id, error: String(error) }),
  );
});

async function answer({ end, method, args }: Call): Promise<unknown> {
  if (method === 'dial') {
    ends.set(end, await dialFar(String(args[0])));
    return end;
  }
  const call = ends.get(end)?.[method] as ((...args: readonly unknown[]) => Promise<unknown>) | undefined;
  return call?.(...args);
}
