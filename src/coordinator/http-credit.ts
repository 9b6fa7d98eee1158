/** Credit over HTTP: statements and the state of the supply for everybody, grants and transfers for the operator. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { about } from './api-doc.ts';
import type { CreditView, GrantRequest, OrderView, StatementView, TransferRequest } from '../core/v1.ts';
import { assertAccount, contributorAccount } from '../ledger/accounts.ts';
import { creditSettings } from '../ledger/credit-settings.ts';
import { halvings } from '../ledger/issuance.ts';
import { balanceOf, issuedSoFar } from '../ledger/ledger.ts';
import { type StatementPage, statement, statementCsv } from '../ledger/statements.ts';
import { type Order, grant, transfer } from '../ledger/transfers.ts';
import { requesterOf } from './doors.ts';
import type { HttpContext } from './http-context.ts';
import { type PageQuery, pageSchema } from './page-query.ts';

/** `before` is the number of an event. */
const PAGE_SCHEMA = pageSchema({ type: 'string', pattern: '^[0-9]{1,18}$' });

const orderSchema = (...fields: string[]) => {
  const properties = Object.fromEntries(fields.map((name) => [name, { type: 'string', maxLength: 200 }]));
  return {
    body: {
      type: 'object',
      required: fields,
      additionalProperties: false,
      properties: {
        ...properties,
        microcredits: { type: 'string', pattern: '^[0-9]{1,16}$' },
        memo: { type: 'string', maxLength: 200 },
      },
    },
  };
};

const PUBLIC = { config: { scope: 'public' } } as const;
const OPERATE = { config: { scope: 'operate' } } as const;

/** For everybody. */
export function statementRoutes(app: FastifyInstance, context: HttpContext): void {
  const { db, key, peerId, clock } = context;

  app.get(
    '/credit',
    { ...PUBLIC, schema: about('Credit', 'What credit is here, and how much there is', { 200: 'Credit' }) },
    async (): Promise<CreditView> => {
      const { mode, supplyCap } = await creditSettings(db);
      const issued = await issuedSoFar(db);
      const halved = supplyCap === undefined ? 0n : halvings({ cap: supplyCap, issued });
      return {
        mode,
        issuedMicrocredits: issued.toString(),
        supplyCapMicrocredits: supplyCap?.toString() ?? null,
        halvings: halved === undefined ? null : Number(halved),
      };
    },
  );

  app.get<{ Params: { peerId: string }; Querystring: PageQuery }>(
    '/contributors/:peerId/statement',
    { ...PUBLIC, schema: about('Credit', 'A contributor’s statement', { 200: 'Statement' }, PAGE_SCHEMA) },
    (request) => statementView(context, contributorAccount(request.params.peerId), request.query),
  );

  app.get<{ Params: { peerId: string } }>(
    '/contributors/:peerId/statement.csv',
    {
      ...PUBLIC,
      schema: about('Credit', 'A contributor’s whole statement, signed', {
        200: { type: 'text/csv', what: 'CSV, signed by the coordinator' },
      }),
    },
    async (request, reply) => {
      const account = contributorAccount(request.params.peerId);
      assertAccount(account);
      const lines = statementCsv(db, key, { account, coordinator: peerId, timeMs: clock.now() });
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${request.params.peerId}.csv"`)
        .send(Readable.from(lines, { objectMode: false }));
    },
  );
}

/** For requesters their own account, for the operator everything. */
export function creditRoutes(app: FastifyInstance, context: HttpContext): void {
  const { db, clock, log } = context;

  app.get<{ Querystring: PageQuery }>(
    '/credit/account',
    { schema: about('Credit', 'Your account', { 200: 'Statement' }, PAGE_SCHEMA), config: { scope: 'read' } },
    (request) => statementView(context, requesterOf(request).account, request.query),
  );

  app.post<{ Body: GrantRequest }>(
    '/credit/grants',
    {
      ...OPERATE,
      schema: about(
        'Credit',
        'Grant credit from the mint',
        { 200: 'Order', 201: 'Order' },
        orderSchema('id', 'to', 'microcredits'),
      ),
    },
    async (request, reply) => {
      const { microcredits, ...body } = request.body;
      const order = await grant(db, { ...body, microcredits: BigInt(microcredits), timeMs: clock.now() });
      if (order.fresh) log.info({ to: order.to, microcredits, id: body.id }, 'credit granted');
      return reply.status(order.fresh ? 201 : 200).send(orderView(order));
    },
  );

  app.post<{ Body: TransferRequest }>(
    '/credit/transfers',
    {
      ...OPERATE,
      schema: about(
        'Credit',
        'Move credit between accounts',
        { 200: 'Order', 201: 'Order' },
        orderSchema('id', 'from', 'to', 'microcredits'),
      ),
    },
    async (request, reply) => {
      const { microcredits, ...body } = request.body;
      const order = await transfer(db, { ...body, microcredits: BigInt(microcredits), timeMs: clock.now() });
      if (order.fresh)
        log.info({ from: order.from, to: order.to, microcredits, id: body.id }, 'credit transferred');
      return reply.status(order.fresh ? 201 : 200).send(orderView(order));
    },
  );

  app.get<{ Params: { account: string }; Querystring: PageQuery }>(
    '/credit/accounts/:account',
    { ...OPERATE, schema: about('Credit', 'Any account', { 200: 'Statement' }, PAGE_SCHEMA) },
    (request) => statementView(context, request.params.account, request.query),
  );
}

async function statementView(
  { db }: HttpContext,
  account: string,
  { limit, before }: PageQuery,
): Promise<StatementView> {
  assertAccount(account);
  const page: StatementPage = { limit, ...(before !== undefined && { before: BigInt(before) }) };
  const lines = await statement(db, account, page);
  return {
    account,
    balanceMicrocredits: (await balanceOf(db, account)).toString(),
    lines: lines.map(({ event, kind, shard, timeMs, microcredits, memo }) => ({
      event: event.toString(),
      kind,
      shard,
      timeMs,
      microcredits: microcredits.toString(),
      memo,
    })),
  };
}

function orderView({ event, microcredits, ...order }: Order): OrderView {
  return { event: event.toString(), microcredits: microcredits.toString(), ...order };
}
