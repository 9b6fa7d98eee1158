/** Every limit on what the wire may carry, one line of reason each. */

/** A control message holds hashes and envelopes, never matrix bytes; evictions come in batches. */
export const MAX_CONTROL_BYTES = 64 * 1024;
/** A block frame carries one block (256 KiB) and its header. */
export const MAX_BLOCK_FRAME_BYTES = 256 * 1024 + 64;
/** Hashes in one Want frame: 16 KiB, so a want never delays a block for long. */
export const MAX_WANTS_PER_FRAME = 512;
/** A consumer's outstanding wants; each is a credit for one block, so this bounds its memory: 3 MiB. */
export const WANT_WINDOW = 12;
/**
 * …of a contributor over WebSocket, where a reader that falls behind pauses the sender: as many as fit the stream's
 * window of 8 MiB, or blocks are cut where it ends. Its wants wait behind its own results in the uplink's buffers,
 * for half a second at 20 Mbit/s, and the downlink must not.
 */
export const SOCKET_WANT_WINDOW = 31;
/** Wants that a provider keeps for one peer; beyond it the peer is breaking the window. */
export const MAX_QUEUED_WANTS = 1024;
/** Evicted hashes in one Progress message: 32 KiB. */
export const MAX_EVICTED_PER_MESSAGE = 1024;
/** Cells of one lease: its C is at most 256 MiB and its manifest lists fit one node each. */
export const MAX_CELLS_PER_LEASE = 1024;
/** Strings on the wire are names and sentences. */
export const MAX_TEXT_BYTES = 512;
/** Error and notice codes, job ids: names, never sentences. */
export const MAX_NAME_BYTES = 64;
/** Public names: 40 code points of at most four bytes (src/core/names.ts). */
export const MAX_PUBLIC_NAME_BYTES = 160;
/** Envelopes hold a key, a type and a payload of a few hundred bytes. */
export const MAX_ENVELOPE_BYTES = 4096;
/** The three envelopes of a log entry, each with a tag and a length of two bytes. */
export const MAX_LOG_ENTRY_BYTES = 3 * (MAX_ENVELOPE_BYTES + 3);
/** Hashes in a tile of the log, entries in a bundle: c2sp.org/tlog-tiles fixes it. */
export const TILE_WIDTH = 256;
/** A checkpoint has some 300 bytes; the rest is for the signatures of witnesses. */
export const MAX_NOTE_BYTES = 64 * 1024;
/** c2sp.org/signed-note asks for 16 at least. */
export const MAX_NOTE_SIGNATURES = 16;
/** Leases in flight with one contributor: its own limit is 8, this is what the wire can say. */
export const MAX_WINDOW = 64;
/** From issue to deadline; leases last seconds, and a day covers the slowest link. */
export const MAX_LEASE_MS = 24 * 60 * 60 * 1000;
/** Row-blocks in the largest operand, 2³¹ − 1 rows. */
export const MAX_ROW_BLOCKS = 2 ** 23;
/** Credit and multiply-adds cross the generated code as numbers (see fields.ts): 9 · 10⁹ credit at most. */
export const MAX_LEDGER_UNITS = BigInt(Number.MAX_SAFE_INTEGER);
/** Times: the last one that a JavaScript Date can hold (ECMA-262 §21.4.1.1). */
export const MAX_TIME_MS = 8.64e15;
/** Projects a contributor may list. */
export const MAX_PROJECTS = 32;
/** Commits that are being judged for one contributor: it holds 8 leases, and may say each of them again. */
export const MAX_CLAIMS_PER_PEER = 32;
/** Claimed results in a coordinator's memory, over all contributors. */
export const RESULT_BUDGET_BYTES = 256 * 1024 * 1024;
/** …and of one of them; a strip that is larger comes alone. A share for each of eight slow ones at once. */
export const RESULT_SHARE_BYTES = 32 * 1024 * 1024;
/** A claim that comes slower is a slow-loris: 8 claims of one contributor share an uplink of 256 KiB/s. */
export const MIN_RESULT_BYTES_PER_SECOND = 32 * 1024;
/** …after this long, in which a connection may hang. */
export const RESULT_GRACE_MS = 60_000;
/** …and however large it is: leases are cut to last a minute at most, and ten times that is no honest link. */
export const MAX_RESULT_MS = 10 * 60_000;
/** Served to a contributor beyond its leases: manifests, and what it fetches again after a lost device. */
export const SERVED_FREE_BYTES = 16 * 1024 * 1024;
/** A lease's operands may be fetched this often; more would make the coordinator an amplifier. */
export const SERVED_PER_LEASE = 4;
/** Connections to a coordinator; each costs some 100 KiB. */
export const MAX_CONNECTIONS = 5_000;
/** …that have not finished their handshake, at most ten seconds each: a crowd that says nothing fits. */
export const MAX_PENDING_CONNECTIONS = 2_000;
/** …of webrtc-direct, which anybody opens with one packet; each is a native connection and a handshake for ten seconds. */
export const MAX_PENDING_WEBRTC = 64;
/** Streams of one connection: ours are two, the rest is identify and ping. */
export const MAX_STREAMS = 16;
/** A WebSocket message holds a block in its Noise messages of 64 KiB; `ws` alone would collect 100 MiB of one. */
export const MAX_WEBSOCKET_MESSAGE_BYTES = 320 * 1024;
/** Control messages per second a peer may send on average; above it, the connection is closed. */
export const MAX_CONTROL_PER_SECOND = 20;
/** …and in one burst. */
export const CONTROL_BURST = 200;
/** The same from a coordinator, whose leases, receipts and notices are about three for each result. */
export const MAX_COORDINATOR_PER_SECOND = 100;
/** …and in one burst: what a laptop that wakes up finds waiting. */
export const COORDINATOR_BURST = 1000;
/** Times that a coordinator may ask for the known answers in a row: one after each rejected result. */
export const SELF_TEST_BURST = 8;
/** …and on average. */
export const SELF_TESTS_PER_MINUTE = 2;
/** Changes of name or team at once, of one contributor… */
export const PROFILE_BURST = 5;
/** …and on average. */
export const PROFILES_PER_MINUTE = 2;
/** A statement of the contributor's own time may be this far ahead of ours: clocks are hours off, not years. */
export const MAX_PROFILE_AHEAD_MS = 24 * 60 * 60 * 1000;
/** A joining of two keys is recorded while its statements are fresh: a page that was left open overnight may still say it. */
export const MAX_JOIN_AGE_MS = 24 * 60 * 60 * 1000;
/** Keys joined to one main key: a visitor's browsers, and the frames on some sites in each. */
export const MAX_JOINED_KEYS = 64;
/** Joins of one key that are ever recorded, for they are kept for good: all that it may have, ten times anew. */
export const MAX_JOINS_EVER = 640;
/** Wants a second for blocks that are not here; a peer that goes on is not looking for blocks. */
export const MAX_MISSING_PER_SECOND = 100;
/** …and in one burst: all the blocks of some results that were given up meanwhile. */
export const MISSING_BURST = 8192;
/** From a Hello to its Welcome. */
export const WELCOME_DEADLINE_MS = 60_000;
/** From a Want to its block, whatever else moves: a window of blocks at 1.7 KiB/s. */
export const WANT_DEADLINE_MS = 30 * 60_000;
/** From TCP to WebSocket, from there to a handshake, and from there to the Hello: a slow-loris holds nothing for long. */
export const HELLO_DEADLINE_MS = 10_000;
/** Each side sends an empty frame when it has been quiet this long. */
export const HEARTBEAT_MS = 15_000;
/** Silence after which the other end is gone: hidden tabs run timers once a minute. */
export const SILENCE_MS = 150_000;
/** No block for this long, though wanted, and nothing else moved either: the transfer has failed. */
export const BLOCK_DEADLINE_MS = 60_000;

export const CONTROL_PROTOCOL = '/tilework/control/1.0.0';
export const BLOCKS_PROTOCOL = '/tilework/blocks/1.0.0';
export const PROTOCOL_VERSION = 1;
/** Of the specification; what it brings is sent to nobody who does not know it. */
export const PROTOCOL_REVISION = 1;
