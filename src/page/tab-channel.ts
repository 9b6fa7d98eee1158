/**
 * What the tabs of one browser tell each other: the one that works tells its status, the others show it and pass on
 * what their visitor presses. Everything that arrives is checked: the other tab may be of another version.
 */
import { type ContributorStatus, STOPPED } from '../contributor/api.ts';
import { attempt, type BrowserScope, type BroadcastChannelLike, listen } from './browser-scope.ts';
import type { TabLock } from './tab-lock.ts';
import { parseStatus } from './tab-status.ts';

const NAME = 'tilework-tabs';
const COMMANDS = ['stop', 'finish', 'pause', 'resume', 'yield'] as const;

/** 'yield': work goes on in the tab that asks; this one is to stop and release the lock. */
export type TabCommand = (typeof COMMANDS)[number];

export interface TabStatus {
  readonly status: ContributorStatus;
  readonly paused: boolean;
}

type Message =
  | { readonly type: 'status'; readonly status: ContributorStatus; readonly paused: boolean }
  | { readonly type: 'ask' }
  | { readonly type: 'command'; readonly command: TabCommand };

export interface TabChannelEvents {
  /** Another tab works, and so; undefined: none does any more. */
  onLeader(told: TabStatus | undefined): void;
  /** A visitor pressed this in another tab, while this one works. */
  onCommand(command: TabCommand): void;
}

export class TabChannel {
  readonly #lock: TabLock;
  readonly #events: TabChannelEvents;
  readonly #channel: BroadcastChannelLike | undefined;
  readonly #unlisten: () => void;
  readonly #closed = new AbortController();
  #own: TabStatus | undefined;
  #leader: TabStatus | undefined;
  #watching = false;

  constructor(scope: BrowserScope, lock: TabLock, events: TabChannelEvents) {
    this.#lock = lock;
    this.#events = events;
    // Where tabs cannot wait for one another each works for itself, as if alone.
    this.#channel = lock.supported ? open(scope) : undefined;
    this.#unlisten = listen(this.#channel, ['message'], (event) => {
      const message = parse((event as MessageEvent<unknown>).data);
      if (message) this.#hear(message);
    });
    this.#say({ type: 'ask' });
  }

  /** What another tab does; undefined while none works, or none that can be heard. */
  get leader(): TabStatus | undefined {
    return this.#leader;
  }

  /** While this tab works: after every status. With undefined, when its work has ended. */
  tell(own: TabStatus | undefined): void {
    const ended = this.#own !== undefined && own === undefined;
    this.#own = own;
    if (own) {
      this.#lead(undefined);
      this.#say({ type: 'status', ...own });
    } else if (ended) {
      this.#say({ type: 'status', status: STOPPED, paused: false });
    }
  }

  /** To the tab that works, for something that a visitor pressed here. */
  command(command: TabCommand): void {
    this.#say({ type: 'command', command });
  }

  close(): void {
    this.#closed.abort();
    this.#unlisten();
    void attempt(() => this.#channel?.close());
  }

  #hear(message: Message): void {
    if (message.type === 'ask') {
      if (this.#own) this.#say({ type: 'status', ...this.#own });
    } else if (message.type === 'command') {
      if (this.#own) this.#events.onCommand(message.command);
    } else if (!this.#own) {
      const { status, paused } = message;
      this.#lead(status.stage === 'stopped' ? undefined : { status, paused });
    }
  }

  #lead(told: TabStatus | undefined): void {
    if (!told && !this.#leader) return;
    this.#leader = told;
    this.#events.onLeader(told);
    if (told) void this.#watchLeader();
  }

  /** A tab that crashed or was discarded says nothing more, but its lock goes. */
  async #watchLeader(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const gone = await this.#lock.whenFree(this.#closed.signal);
    this.#watching = false;
    if (gone) this.#lead(undefined);
  }

  #say(message: Message): void {
    void attempt(() => this.#channel?.postMessage({ v: 1, ...message }));
  }
}

function open({ BroadcastChannel: Channel }: BrowserScope): BroadcastChannelLike | undefined {
  try {
    return Channel && new Channel(NAME);
  } catch {
    return undefined;
  }
}

/** Undefined for everything that is not a message of ours. */
function parse(data: unknown): Message | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { v, type, command, status: told, paused } = data as Readonly<Record<string, unknown>>;
  if (v !== 1) return undefined;
  if (type === 'ask') return { type };
  if (type === 'command') {
    const known = COMMANDS.find((each) => each === command);
    return known && { type, command: known };
  }
  const status = type === 'status' ? parseStatus(told) : undefined;
  return status && { type: 'status', status, paused: paused === true };
}
