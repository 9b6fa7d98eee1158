/** Credit and tokens. */
import type {
  CreditView,
  NewTokenView,
  OrderView,
  SnapshotView,
  StatementLineView,
  StatementView,
  TokenView,
} from '../core/v1.ts';
import type { JsonSchema } from './api-doc.ts';
import { credits, list, maybe, number, oneOf, shape, text, time, whole, yesNo } from './api-shape.ts';

const TOKEN = {
  id: text(),
  account: text('The ledger account that its jobs are charged to'),
  label: text(),
  scopes: list(oneOf(['submit', 'read', 'operate'])),
  createdMs: time(),
  lastUsedMs: maybe(number(), 'To the minute'),
  expiresMs: maybe(number()),
  revokedMs: maybe(number()),
};

export const CREDIT_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Credit: shape<CreditView>('What credit is on this network', {
    mode: oneOf(['open', 'paid'], 'open: verified work mints credit; paid: requesters pay'),
    issuedMicrocredits: credits(),
    supplyCapMicrocredits: maybe(credits()),
    halvings: maybe(whole()),
  }),
  StatementLine: shape<StatementLineView>('One posting', {
    event: text('Events are numbered upwards'),
    kind: text(),
    shard: maybe(text()),
    timeMs: time(),
    microcredits: credits(),
    memo: text(),
  }),
  Statement: shape<StatementView>('One page of an account, newest first', {
    account: text(),
    balanceMicrocredits: credits(),
    lines: list('StatementLine'),
  }),
  Order: shape<OrderView>('An order that was carried out', {
    event: text(),
    kind: text(),
    from: text(),
    to: text(),
    microcredits: credits(),
    memo: text(),
    timeMs: time(),
    fresh: yesNo('False for the repetition of an order that had been carried out before'),
  }),
  Token: shape<TokenView>('A token, without its secret', TOKEN),
  Snapshot: shape<SnapshotView>('A copy of the embedded database', {
    folder: text('Below the data folder'),
    receipts: whole(),
  }),
  NewToken: shape<NewTokenView>('The only time that the token itself is told', { ...TOKEN, token: text() }),
};
