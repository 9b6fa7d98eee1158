/**
 * Hands what libp2p sends to the WebSocket in few messages. @libp2p/websockets 10.1 makes one of every piece of
 * its lists, and Noise's lists have a piece of two bytes before each of its messages: so every block cost the
 * other end some twenty events, and its lists came out so fragmented that each layer above had to copy them
 * together. It also looks for room only every 10 ms, and takes an empty buffer for the only room there is.
 *
 * Delete this file when sendData() in websocket-to-conn.ts joins the pieces and resumes before the buffer is empty.
 */
import type { Uint8ArrayList } from 'uint8arraylist';
import { append, bytesEqual, concatBytes } from '../core/bytes.ts';
import { systemClock } from '../core/clock.ts';
import { MAX_WEBSOCKET_MESSAGE_BYTES } from '../protocol/limits.ts';
import { PREFIX_BYTES, closeBuffer, giveMessage } from './message-buffers.ts';

export interface SendingConnection {
  readonly websocket: {
    readonly bufferedAmount: number;
    readonly readyState: number;
    send(bytes: Uint8Array, sent?: () => void): void;
    /** Only the package `ws` has it. */
    terminate?(): void;
  };
  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean };
  safeDispatchEvent(type: 'drain'): void;
}

const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 10;
/**
 * A socket that is empty at the first look has stood still, and may hold twice as much next time, up to this many
 * times the first. One that is not half empty by the last look gets the first again: what waits there is in nobody's
 * way on a quick link, and in the way of receipts and replies on a slow one.
 */
const MOST_TIMES = 8;
/** readyState of the WebSocket standard. */
const OPEN = 1;

/** @param firstBytes what may wait in the socket before writers are held back; more on a quick link */
export function sendInFewMessages(connection: SendingConnection, firstBytes: number): void {
  const { websocket } = connection;
  let room = firstBytes;
  let looking = false;
  const look = (afterMs: number): void => {
    looking = true;
    systemClock.after(afterMs, () => {
      looking = false;
      if (websocket.readyState > OPEN) return;
      if (websocket.bufferedAmount > room / 2) {
        if (afterMs === LAST_LOOK_MS) room = firstBytes;
        look(Math.min(2 * afterMs, LAST_LOOK_MS));
        return;
      }
      if (websocket.bufferedAmount === 0 && afterMs === FIRST_LOOK_MS)
        room = Math.min(2 * room, MOST_TIMES * firstBytes);
      connection.safeDispatchEvent('drain');
    });
  };
  // The standard has send() take the bytes as they are then; `ws` keeps them until they are written.
  const send = (message: Uint8Array): void => {
    const sent = (): void => giveMessage(message);
    if (websocket.terminate) {
      websocket.send(message, sent);
    } else {
      websocket.send(message);
      sent();
    }
  };
  connection.sendData = (data) => {
    closeBuffer();
    for (const message of messagesOf(data)) send(message);
    const canSendMore = websocket.bufferedAmount < room;
    if (!canSendMore && !looking) look(FIRST_LOOK_MS);
    return { sentBytes: data.byteLength, canSendMore };
  };
}

/** The same bytes in messages of MAX_WEBSOCKET_MESSAGE_BYTES at most; what lies together already is not copied. */
function* messagesOf(data: Uint8ArrayList): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for (const piece of withPrefixes(data)) {
    if (length > 0 && length + piece.length > MAX_WEBSOCKET_MESSAGE_BYTES) {
      yield joined(parts);
      parts = [];
      length = 0;
    }
    append(parts, piece);
    length += piece.length;
  }
  if (length > 0) yield joined(parts);
}

/** Our cipher writes the length that Noise sends before a message also into the bytes before it. */
function* withPrefixes(data: Uint8ArrayList): Generator<Uint8Array> {
  let prefix: Uint8Array | undefined;
  for (const piece of data) {
    if (prefix && follows(prefix, piece)) {
      yield new Uint8Array(piece.buffer, piece.byteOffset - prefix.length, prefix.length + piece.length);
      prefix = undefined;
      continue;
    }
    if (prefix) yield prefix;
    prefix = piece.length === PREFIX_BYTES ? piece : undefined;
    if (!prefix) yield piece;
  }
  if (prefix) yield prefix;
}

/** The bytes of `prefix` stand before `piece` in memory, whoever put them there. */
function follows(prefix: Uint8Array, { buffer, byteOffset }: Uint8Array): boolean {
  if (byteOffset < prefix.length) return false;
  return bytesEqual(new Uint8Array(buffer, byteOffset - prefix.length, prefix.length), prefix);
}

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 ? parts[0]! : concatBytes(parts);
