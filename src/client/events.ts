/** Server-sent events out of a response's body (https://html.spec.whatwg.org/#server-sent-events). */
import { type EventSourceMessage, createParser } from 'eventsource-parser';
import { type Clock, withDeadline } from '../core/clock.ts';

/** A coordinator sends a comment every few seconds; after this much silence the connection is dead. */
export const SILENCE_MS = 60_000;
/** A job's JSON grows with its contributors, about 150 bytes each. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

/**
 * The events as they arrive; ends when the stream does. Leaving the loop closes the connection.
 * @throws AppError 'timeout' after SILENCE_MS without a byte; whatever the body throws when it breaks.
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => {
      arrived.push(event);
    },
    maxBufferSize: MAX_EVENT_CHARS,
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await withDeadline(clock, SILENCE_MS, 'the next event', reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* arrived.splice(0);
    }
  } finally {
    // A body that failed already rejects here too; there is nothing left to close then.
    await reader.cancel().catch(() => {});
  }
}
