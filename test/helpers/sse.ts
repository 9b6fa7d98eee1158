/** Server-sent events of one response, as they come. */

export interface Heard {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

export interface SseReader {
  readonly status: number;
  readonly headers: Headers;
  /** The next event with this name; what comes before it is dropped. Undefined at the end of the stream. */
  next(event?: string): Promise<Heard | undefined>;
  leave(): Promise<void>;
}

export async function listenTo(url: string, init: RequestInit = {}): Promise<SseReader> {
  const leaving = new AbortController();
  const response = await fetch(url, { ...init, signal: leaving.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const one = async (): Promise<Heard | undefined> => {
    for (;;) {
      const at = text.indexOf('\n\n');
      if (at < 0) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        text += value;
        continue;
      }
      const lines = text.slice(0, at).split('\n');
      text = text.slice(at + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [event, data] = [field('event'), field('data')];
      if (event !== undefined && data !== undefined)
        return { id: field('id'), event, data: JSON.parse(data) };
    }
  };
  return {
    status: response.status,
    headers: response.headers,
    async next(event) {
      for (;;) {
        const heard = await one();
        if (!heard || event === undefined || heard.event === event) return heard;
      }
    },
    async leave() {
      leaving.abort();
      await reader.closed.catch(() => {});
    },
  };
}
