/** One end of the line between a host's page and our frame: one window and one exact origin at the other end. */
import { ENVELOPE_VERSION } from './envelope.ts';

export interface MessageSource {
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}

export interface MessageTarget {
  postMessage(message: unknown, targetOrigin: string): void;
}

export interface WireOptions<Heard> {
  /** Where messages to this document arrive: its window. */
  readonly here: MessageSource;
  /** The other end's window as of now; undefined while there is none. */
  readonly there: () => MessageTarget | null | undefined;
  /** The only origin that is heard and told. */
  readonly origin: string;
  readonly parse: (data: unknown) => Heard | undefined;
  readonly hear: (message: Heard) => void;
}

export interface Wire<Told> {
  tell(message: Told): void;
  close(): void;
}

/** Messages of other windows, of other origins (also of the same window, once it shows another page) are not heard. */
export function openWire<Heard, Told extends { readonly type: string }>(
  options: WireOptions<Heard>,
): Wire<Told> {
  const { here, there, origin, parse, hear } = options;
  const listener = (event: MessageEvent<unknown>): void => {
    const from = there();
    if (!from || event.source !== (from as unknown) || event.origin !== origin) return;
    const message = parse(event.data);
    if (message) hear(message);
  };
  here.addEventListener('message', listener);
  return {
    tell(message) {
      // The browser drops it unless a document of exactly this origin is there.
      there()?.postMessage({ tilework: ENVELOPE_VERSION, ...message }, origin);
    },
    close() {
      here.removeEventListener('message', listener);
    },
  };
}

/** An origin that can be named exactly, written as browsers do; undefined for "null", "*", paths and other schemes. */
export function exactOrigin(text: string | null): string | undefined {
  if (text === null || text.length > 300 || !URL.canParse(text)) return undefined;
  const { origin, protocol } = new URL(text);
  return origin === text && /^https?:$/.test(protocol) ? origin : undefined;
}
