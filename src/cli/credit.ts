/** `tilework credit`: what the operator may do with credit, over the coordinator's HTTP API. */
import { randomUUID } from 'node:crypto';
import { formatCredit } from '../core/units.ts';
import type { OrderView, StatementView } from '../core/v1.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import type { Context } from './context.ts';

export type CreditOptions = ConnectionOptions & (GrantOptions | TransferOptions | ShowOptions);

interface OrderOptions {
  readonly to: string;
  readonly microcredits: string;
  readonly memo?: string | undefined;
  /** To repeat an order whose answer got lost. @default a new one */
  readonly id?: string | undefined;
}

export interface GrantOptions extends OrderOptions {
  readonly action: 'grant';
}

export interface TransferOptions extends OrderOptions {
  readonly action: 'transfer';
  readonly from: string;
}

export interface ShowOptions {
  readonly action: 'show';
  /** Without one: the mode, the supply and one's own balance. */
  readonly account?: string | undefined;
}

export async function credit(options: CreditOptions, context: Context): Promise<void> {
  const client = await connect(options, context.env);
  const { terminal, signal } = context;
  if (options.action === 'show') {
    if (options.account !== undefined) {
      for (const line of statementText(await client.account(options.account, { signal }))) terminal.out(line);
      return;
    }
    const { mode, issuedMicrocredits, supplyCapMicrocredits, halvings } = await client.credit({ signal });
    terminal.out(
      `mode     ${mode}: ${mode === 'paid' ? 'requesters pay for verified shards' : 'verified work mints credit'}`,
    );
    terminal.out(`issued   ${amount(issuedMicrocredits)}`);
    terminal.out(
      supplyCapMicrocredits === null
        ? 'cap      none'
        : `cap      ${amount(supplyCapMicrocredits)}; work mints ${share(halvings)}`,
    );
    const own = await client.account(undefined, { signal });
    terminal.out(`yours    ${own.account}: ${amount(own.balanceMicrocredits)}`);
    return;
  }
  const { to, microcredits, memo } = options;
  const id = options.id ?? randomUUID();
  // Said first: whoever loses the answer repeats the order with its id, and it happens once.
  terminal.note(`order ${id} (--id ${id} repeats it safely)`);
  const order = { id, to, microcredits, ...(memo !== undefined && { memo }) };
  const done =
    options.action === 'grant'
      ? await client.grantCredit(order, { signal })
      : await client.transferCredit({ ...order, from: options.from }, { signal });
  terminal.out(orderText(done));
}

function orderText({ fresh, from, to, microcredits, event }: OrderView): string {
  const verb = fresh ? 'moved' : 'had been moved before:';
  return `${verb} ${amount(microcredits)} from ${from} to ${to} (event ${event})`;
}

function share(halvings: number | null): string {
  if (halvings === null) return 'nothing more';
  return halvings === 0 ? 'all of itself' : `1/${2 ** halvings} of itself`;
}

const amount = (microcredits: string): string =>
  `${formatCredit(BigInt(microcredits))} credit (${microcredits} microcredits)`;

/** A statement's page for people, newest first. */
export function statementText({ account, balanceMicrocredits, lines }: StatementView): string[] {
  return [
    `${account}: ${amount(balanceMicrocredits)}`,
    ...lines.map(({ timeMs, kind, microcredits, shard, memo }) => {
      const value = BigInt(microcredits);
      const signed = value < 0n ? `-${formatCredit(-value)}` : `+${formatCredit(value)}`;
      const about = shard === null ? memo : `shard ${shard}`;
      return `  ${new Date(timeMs).toISOString()}  ${signed.padStart(16)}  ${kind.padEnd(8)}  ${about}`.trimEnd();
    }),
  ];
}
