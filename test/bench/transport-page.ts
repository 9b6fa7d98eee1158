/** The page around the worker of the transport measurement. */
import type { TransportCall } from './transport-worker.ts';

const worker = new Worker(new URL('./transport-worker.ts', import.meta.url), { type: 'module' });
const open = new Map<number, PromiseWithResolvers<unknown>>();
let calls = 0;

worker.addEventListener(
  'message',
  (event: MessageEvent<{ id: number; result?: unknown; error?: string }>) => {
    const { id, result, error } = event.data;
    if (error === undefined) open.get(id)?.resolve(result);
    else open.get(id)?.reject(new Error(error));
    open.delete(id);
  },
);

export function call(method: TransportCall['method'], args: readonly unknown[]): Promise<unknown> {
  const id = ++calls;
  const answer = Promise.withResolvers<unknown>();
  open.set(id, answer);
  const message: TransportCall = { id, method, args };
  worker.postMessage(message, []);
  return answer.promise;
}
