/** The coordinator's side of one connection, message by message. */
import { RecordEnvelope } from '@libp2p/peer-record';
import { systemClock } from '../../src/core/clock.ts';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { seededRng } from '../../src/core/rng.ts';
import type { Hash } from '../../src/matrix/manifest.ts';
import type { Link } from '../../src/net/link.ts';
import { decodeFromContributor, encodeFromCoordinator } from '../../src/protocol/control.ts';
import {
  type Lease,
  type Receipt,
  type Result,
  envelopeDigest,
  openLease,
  openResult,
  sealLease,
  sealReceipt,
} from '../../src/protocol/envelope.ts';
import type { SigningKey } from '../../src/protocol/keys.ts';
import type { FromContributor, FromCoordinator } from '../../src/protocol/messages.ts';
import { type Product, leasePayload } from '../../src/protocol/signed.ts';
import { valuesUnder } from './stored.ts';

type Of<T extends FromContributor['type']> = Extract<FromContributor, { type: T }>;

export interface Granted {
  readonly lease: Lease;
  readonly envelope: Uint8Array;
}

export interface Committed {
  readonly lease: Lease;
  readonly leaseEnvelope: Uint8Array;
  readonly result: Result;
  readonly resultEnvelope: Uint8Array;
}

const ids = seededRng(42);

export class Conversation {
  readonly link: Link;
  readonly #key: SigningKey;
  readonly #unread: FromContributor[] = [];
  readonly #looks = new Set<() => void>();
  #over = false;

  constructor(link: Link, key: SigningKey) {
    this.link = link;
    this.#key = key;
    void this.#listen();
  }

  /** The next message of this type; others stay to be asked for. @throws when the connection ends first. */
  next<T extends FromContributor['type']>(type: T): Promise<Of<T>> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const at = this.#unread.findIndex((message) => message.type === type);
        if (at < 0 && !this.#over) return;
        this.#looks.delete(look);
        if (at < 0) reject(new Error(`the connection ended before a ${type}`));
        else resolve(this.#unread.splice(at, 1)[0] as Of<T>);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Messages of this type that have come and were not asked for. */
  unread(type: FromContributor['type']): number {
    return this.#unread.filter((message) => message.type === type).length;
  }

  async say(message: FromCoordinator): Promise<void> {
    await this.link.control.send(encodeFromCoordinator(message));
  }

  /** Hello, welcome, ready. */
  async greet(): Promise<Of<'hello'>> {
    const hello = await this.next('hello');
    await this.say({ type: 'welcome', version: 1, network: 'scripted', window: 2, balanceMicrocredits: 0n });
    await this.next('ready');
    return hello;
  }

  async grant(work: Product, own: Partial<Lease> = {}, key = this.#key): Promise<Granted> {
    const lease = this.#lease(work, own);
    const envelope = await sealLease(lease, key);
    await this.say({ type: 'lease', envelope });
    return { lease, envelope };
  }

  /** A lease whose kind of work is a later version's: the product stands under field 9. */
  async grantUnknown(work: Product): Promise<void> {
    const payload = leasePayload.encode(this.#lease(work, {}));
    // The product is the last field: its tag, its length, and then nothing but the product.
    const tag = payload.findIndex((byte, at) => byte === 0x42 && payload[at + 1] === payload.length - at - 2);
    payload[tag] = 0x4a;
    const codec = utf8.encode('/tilework/lease');
    const record = { domain: 'tilework-lease/1', codec, marshal: () => payload, equals: () => false };
    const envelope = (await RecordEnvelope.seal(record, this.#key)).marshal();
    await this.say({ type: 'lease', envelope });
  }

  #lease(work: Product, own: Partial<Lease>): Lease {
    const now = systemClock.now();
    return {
      id: toHex(ids.bytes(16)),
      contributor: this.link.peer,
      job: 'job',
      project: 'a test',
      issuedMs: now,
      deadlineMs: now + 60_000,
      microcredits: 9n,
      work,
      ...own,
    };
  }

  /** The next committed result, both signatures checked. */
  async committed(): Promise<Committed> {
    const { result: resultEnvelope, lease: leaseEnvelope } = await this.next('commit');
    const { value: lease } = await openLease(leaseEnvelope, this.#key.publicKey.toString());
    const { value: result } = await openResult(resultEnvelope, this.link.peer);
    return { lease, leaseEnvelope, result, resultEnvelope };
  }

  values(manifest: Hash): Promise<ArrayLike<number>> {
    return valuesUnder(manifest, (hash) => this.link.blocks.fetch(hash));
  }

  async receipt(
    { lease, leaseEnvelope, resultEnvelope }: Committed,
    own: Partial<Receipt> = {},
    key = this.#key,
  ): Promise<Uint8Array> {
    return sealReceipt(
      {
        leaseDigest: await envelopeDigest(leaseEnvelope),
        resultDigest: await envelopeDigest(resultEnvelope),
        lease: lease.id,
        contributor: lease.contributor,
        job: lease.job,
        multiplyAdds: 1_000n,
        microcredits: lease.microcredits,
        balanceMicrocredits: 109n,
        missLog2: 72,
        timeMs: systemClock.now(),
        ...own,
      },
      key,
    );
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.link.control.receive();
        if (!frame) break;
        this.#unread.push(decodeFromContributor(frame));
        this.#look();
      }
    } catch {
      // the link has ended; whoever waits is told below
    }
    this.#over = true;
    this.#look();
  }

  #look(): void {
    for (const look of Array.from(this.#looks)) look();
  }
}
