/**
 * A link of one contributor: a proxy between its Unix socket and the coordinator's TCP port, with a rate and a
 * delay each way and as much buffer as a home router has. (A Unix socket, because TCP on loopback has segments
 * of 64 KiB and buffers 3 to 4 MiB in the kernel, measured: seconds of a slow uplink that no real one has.)
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, stopwatch } from '../../../src/core/clock.ts';
import { Shaper, type WayOptions, capacityBytes, pieceBytes } from './shaper.ts';

export interface LinkOptions {
  /** Of the coordinator, on 127.0.0.1. */
  readonly port: number;
  /** From the coordinator to the contributor. */
  readonly down: WayOptions;
  readonly up: WayOptions;
  /** Bytes, and when the last of them left. */
  readonly onBytes?: (way: 'down' | 'up', bytes: number, leavesMs: number) => void;
  /** @default stopwatch */
  readonly clock?: Clock;
}

export interface LinkProxy {
  /** Where the contributor connects to. */
  readonly path: string;
  /** Payload of TCP that has left, each way. */
  readonly bytes: Readonly<Record<'down' | 'up', number>>;
  close(): Promise<void>;
}

export async function linkProxy(options: LinkOptions): Promise<LinkProxy> {
  const { port, onBytes, clock = stopwatch } = options;
  const path = join(tmpdir(), `tilework-link-${randomUUID()}.sock`);
  const bytes = { down: 0, up: 0 };
  const sockets = new Set<Socket>();
  const way = (name: 'down' | 'up'): Way =>
    new Way(options[name], clock, (count, leavesMs) => {
      bytes[name] += count;
      onBytes?.(name, count, leavesMs);
    });
  const [down, up] = [way('down'), way('up')];
  const server = createServer({ allowHalfOpen: true }, (contributor) => {
    const coordinator = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    for (const socket of [contributor, coordinator]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        sockets.delete(socket);
        contributor.destroy();
        coordinator.destroy();
      });
    }
    up.carry(contributor, coordinator);
    down.carry(coordinator, contributor);
  });
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  return {
    path,
    bytes,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}

interface Piece {
  readonly data: Uint8Array;
  readonly arrivesMs: number;
}

/** One way of the link, whatever connections there are. */
class Way {
  readonly #shaper: Shaper;
  readonly #capacity: number;
  readonly #piece: number;
  readonly #clock: Clock;
  readonly #count: (bytes: number, leavesMs: number) => void;

  constructor(options: WayOptions, clock: Clock, count: (bytes: number, leavesMs: number) => void) {
    this.#shaper = new Shaper(options);
    this.#capacity = capacityBytes(options);
    this.#piece = pieceBytes(options);
    this.#clock = clock;
    this.#count = count;
  }

  carry(from: Socket, to: Socket): void {
    const waiting: Piece[] = [];
    let held = 0;
    let timer: (() => void) | undefined;
    let blocked = false;
    let ended = false;
    const deliver = (): void => {
      timer = undefined;
      // What is due within a timer's grain goes now: late by nothing, and half as many timers.
      const now = this.#clock.now() + 0.5;
      while (!blocked && waiting.length > 0 && waiting[0]!.arrivesMs <= now) {
        const { data } = waiting.shift()!;
        held -= data.length;
        blocked = !to.write(data);
      }
      if (held < this.#capacity) from.resume();
      if (ended && waiting.length === 0) to.end();
      else schedule();
    };
    const schedule = (): void => {
      const next = waiting[0];
      if (timer || blocked || !next) return;
      timer = this.#clock.after(Math.max(0, next.arrivesMs - this.#clock.now()), deliver);
    };
    to.on('drain', () => {
      blocked = false;
      deliver();
    });
    from.on('data', (chunk: Uint8Array) => {
      for (let at = 0; at < chunk.length; at += this.#piece) {
        const data = chunk.subarray(at, at + this.#piece);
        const { leavesMs, arrivesMs } = this.#shaper.send(this.#clock.now(), data.length);
        this.#count(data.length, leavesMs);
        waiting.push({ data, arrivesMs });
        held += data.length;
      }
      if (held >= this.#capacity) from.pause();
      schedule();
    });
    from.once('end', () => {
      ended = true;
      if (waiting.length === 0) to.end();
    });
    to.once('close', () => timer?.());
  }
}
