/** Our frame in the host's page: made after a click, spoken to over one line, gone without a trace. */
import {
  type FrameMessage,
  type HostMessage,
  parseFrameMessage,
  type WidgetState,
  type Wishes,
} from './envelope.ts';
import { openWire, type Wire } from './wire.ts';

/** Longer than a slow phone takes for the frame's few files; a blocked frame says nothing at all. */
const PATIENCE_MS = 15_000;

export interface FrameOptions {
  /** Absolute URL of the folder that our page stands in. */
  readonly home: string;
  readonly title: string;
  readonly wishes: () => Wishes;
  readonly hear: (message: FrameMessage) => void;
}

export class WidgetFrame {
  readonly element: HTMLIFrameElement;
  readonly #wire: Wire<HostMessage>;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor({ home, title, wishes, hear }: FrameOptions) {
    const frame = document.createElement('iframe');
    this.element = frame;
    const url = new URL(home);
    // Whom the frame answers; it believes the browser, and not this, about who asks.
    url.search = new URLSearchParams({ embed: '1', origin: location.origin }).toString();
    frame.title = title;
    frame.part.add('frame');
    frame.className = 'waiting';
    frame.referrerPolicy = 'no-referrer';
    // Scripts and storage of its own origin, and links that open in tabs of their own. It cannot lead this page away.
    frame.sandbox.add('allow-scripts', 'allow-same-origin', 'allow-popups', 'allow-popups-to-escape-sandbox');
    // Only for being gentle: how warm the machine is.
    frame.allow = 'compute-pressure';
    this.#wire = openWire<FrameMessage, HostMessage>({
      here: globalThis.window,
      there: () => frame.contentWindow,
      origin: url.origin,
      parse: parseFrameMessage,
      hear: (message) => {
        if (message.type === 'ready') {
          clearTimeout(this.#timer);
          frame.className = '';
          this.tell({ type: 'hello', ...wishes() });
        }
        hear(message);
      },
    });
    this.#timer = setTimeout(hear, PATIENCE_MS, {
      type: 'error',
      code: 'unreachable',
    } satisfies FrameMessage);
    frame.src = url.href;
  }

  tell(message: HostMessage): void {
    this.#wire.tell(message);
  }

  size(state: WidgetState): void {
    this.element.className = state === 'asking' ? '' : 'busy';
  }

  /** The browser ends workers, GPU and sockets of a document that is taken away. */
  remove(): void {
    clearTimeout(this.#timer);
    this.#wire.close();
    this.element.remove();
  }
}
