/** One life of the coordinator: spawned, told where to die, killed, and waited for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChildReady } from '../helpers/coordinator-child.ts';
import type { Answer, Fault, Order } from './child.ts';
import type { Inspection } from './inspect.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
/** Compiled code of the child, so that the next one starts sooner. */
const CODE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/tilework/compiled', import.meta.url));

export interface Ports {
  readonly port: number;
  readonly peerPort: number;
}

export class CoordinatorProcess {
  /** Resolves once it listens; rejects when it ends before. */
  readonly ready: Promise<ChildReady>;
  /** Resolves when it is gone, with how: a signal or an exit code. */
  readonly gone: Promise<NodeJS.Signals | number>;
  readonly #child: ChildProcess;
  #answer: (inspection: Inspection) => void = () => {};

  constructor(dataDir: string, ports: Ports, fault?: Fault) {
    const options = JSON.stringify({ dataDir, threads: 1, ...ports });
    const child = spawn(process.execPath, [CHILD, options, ...(fault ? [JSON.stringify(fault)] : [])], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: CODE_CACHE },
    });
    // It may be gone before an order reaches it.
    child.stdin.on('error', () => {});
    this.#child = child;
    this.gone = once(child, 'exit').then(([code, signal]) => (signal ?? code) as NodeJS.Signals | number);
    const ready = Promise.withResolvers<ChildReady>();
    this.ready = ready.promise;
    this.ready.catch(() => {});
    void this.gone.then((how) => {
      ready.reject(new Error(`the coordinator ended before it was ready (${how})`));
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as ChildReady | Answer;
      if ('inspection' in line) this.#answer(line.inspection);
      else ready.resolve(line);
    });
  }

  arm(fault: Fault): void {
    this.#order({ arm: fault });
  }

  /** @throws Error when it dies before it answers */
  inspect(): Promise<Inspection> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      void this.gone.then((how) => {
        reject(new Error(`the coordinator ended while it was inspected (${how})`));
      });
      this.#order({ inspect: true });
    });
  }

  /** Resolves when it is gone. Does nothing to one that is gone already. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<NodeJS.Signals | number> {
    this.#child.kill(signal);
    return this.gone;
  }

  #order(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}

export const portsOf = ({ url, peerAddresses }: ChildReady): Ports => ({
  port: Number(new URL(url).port),
  peerPort: Number(/\/tcp\/(\d+)\//.exec(peerAddresses[0]!)![1]),
});
