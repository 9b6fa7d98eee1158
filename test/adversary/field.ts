/** Where attackers meet a coordinator, whatever process that runs in, and what became of each of their forgeries. */
import type { StatementView } from '../../src/core/v1.ts';
import type { Dtype } from '../../src/matrix/dtype.ts';
import type { Receipt } from '../../src/protocol/signed.ts';
import type { Hex } from '../../src/protocol/fields.ts';
import { mapLimit } from '../../src/core/async.ts';
import { type Product, api } from '../helpers/product.ts';
import { Rogue, type RogueOptions } from '../helpers/rogue.ts';

export type AttackedDtype = Exclude<Dtype, 'f16'>;

/** The coordinator's log, read as what it thought of leases and connections: its reasons never travel. */
export class Verdicts {
  readonly #said = new Map<string, string>();
  readonly #asking = new Map<string, (verdict: string) => void>();

  /** One log record of the coordinator. */
  record(fields: Record<string, unknown>, message: string): void {
    const [peer, lease] = [String(fields['peer']), String(fields['lease'])];
    if (message === 'failed verification') {
      const reason = String(fields['reason']);
      this.#say(lease, `rejected: ${/\((.*)\)/.exec(reason)?.[1] ?? reason}`);
    } else if (message === 'a result did not arrive') this.#say(lease, 'interrupted');
    else if (message === 'lease declined') this.#say(lease, 'declined');
    else if (message === 'a result could not be judged')
      this.#say(peer, `hung up: ${String(fields['code'])}`);
    else if (message === 'contributor dropped') this.#say(peer, `hung up: ${String(fields['code'])}`);
  }

  /** What was said first about this lease, or about this key's connection. Everything is told once. */
  of(id: Hex): Promise<string> {
    const said = this.#said.get(id);
    this.#said.delete(id);
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve) => this.#asking.set(id, resolve));
  }

  /** Said and not asked for yet. */
  has(id: Hex): boolean {
    return this.#said.has(id);
  }

  #say(id: string, verdict: string): void {
    const ask = this.#asking.get(id);
    this.#asking.delete(id);
    if (ask) ask(verdict);
    else if (!this.#said.has(id)) this.#said.set(id, verdict);
  }
}

export interface Field {
  readonly url: string;
  readonly token: string;
  readonly peerAddresses: readonly string[];
  readonly verdicts: Verdicts;
  /** A job over this product always has open cells. */
  readonly products: Readonly<Record<AttackedDtype, Product>>;
  /** Honest shards before sleepers lie. */
  readonly sleep: { readonly first: number; readonly others: number };
  /** Contributors that stall at the same time. */
  readonly stallers: number;
  /** Lets so much of the coordinator's time pass at once. */
  jump(ms: number): void;
  /** Called while stalled transfers are held: how long that lasts is the field's to say. */
  held(): Promise<void>;
}

/** What one run of a strategy came to. */
export class Tally {
  forgeries = 0;
  accepted = 0;
  /** Results that are wrong by no more than the check promises to allow: no forgeries. */
  within = 0;
  /** Credit for true work (and for what was within the bound and taken), in microcredits. */
  #earned = 0n;
  readonly outcomes = new Map<string, number>();
  readonly keys = new Set<string>();

  forged(outcome: string, times = 1): void {
    this.forgeries += times;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + times);
    if (outcome === 'accepted') this.accepted += times;
  }

  get earned(): bigint {
    return this.#earned;
  }

  earn({ microcredits }: Receipt): void {
    this.#earned += microcredits;
  }

  withinBound(outcome: string): void {
    this.within += 1;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

/** A contributor with a new key and, unless told otherwise, room for one cell a lease. */
export async function joinRogue(
  field: Field,
  tally: Tally,
  dtype: AttackedDtype,
  options: Partial<RogueOptions> = {},
): Promise<Rogue> {
  const rogue = await Rogue.join(field.peerAddresses, {
    product: field.products[dtype],
    ...options,
    hello: { resultBytes: 0, projects: [projectOf(dtype)], ...options.hello },
  });
  tally.keys.add(rogue.peerId);
  return rogue;
}

/** Jobs are told apart by their project, so that attackers get the number type that they came for. */
export function projectOf(dtype: AttackedDtype): string {
  return `attacked ${dtype}`;
}

/** What the coordinator made of one committed result; a receipt means that it was taken. */
export async function outcomeOf(field: Field, rogue: Rogue, lease: Hex): Promise<string> {
  const verdict = await rogue.verdict();
  if (verdict.type === 'receipt') return 'accepted';
  if (verdict.type === 'closed') return await field.verdicts.of(rogue.peerId);
  return verdict.code === 'rejected' ? await field.verdicts.of(lease) : verdict.code;
}

/** One lease computed truly, and its credit. */
export async function workTruly(rogue: Rogue, tally: Tally): Promise<void> {
  tally.earn(await rogue.workHonestly());
}

/** Microcredits of these keys together, as everybody can read them: by their accounts, the list of all is some seconds old. */
export async function creditOf(field: Pick<Field, 'url' | 'token'>, keys: Iterable<string>): Promise<bigint> {
  const balances = await mapLimit(Array.from(keys), 8, async (key) => {
    const statement = await api<StatementView>(field, `/v1/contributors/${key}/statement?limit=1`);
    return BigInt(statement.balanceMicrocredits);
  });
  return balances.reduce((sum, balance) => sum + balance, 0n);
}
