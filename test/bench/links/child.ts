/** A child process that is asked one thing at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export class Child {
  readonly #process: ChildProcess;
  readonly #gone: Promise<unknown>;

  /** @param file - beside this one @param task - its first argument, as JSON */
  constructor(file: string, task: object) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(task)]);
    this.#gone = once(this.#process, 'exit');
  }

  /** The next thing that it says. Rejects when it ends instead. */
  async told<T>(): Promise<T> {
    const stop = new AbortController();
    const { signal } = stop;
    try {
      const ended = this.#gone.then(() =>
        Promise.reject(new Error('a process of the measurement has ended')),
      );
      const [message] = (await Promise.race([once(this.#process, 'message', { signal }), ended])) as [T];
      return message;
    } finally {
      stop.abort();
    }
  }

  async ask<T>(question: string | object): Promise<T> {
    const answer = this.told<T>();
    this.#process.send(question);
    return answer;
  }

  /** Resolves when it has ended. */
  async stop(request: string): Promise<void> {
    if (this.#process.connected) this.#process.send(request);
    await this.#gone;
  }
}
