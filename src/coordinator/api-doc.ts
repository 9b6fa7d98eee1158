/**
 * How a route says what it is for, in one line beside it: `schema: about('Jobs', 'Create a job', { 201: 'Job' }, MORE)`.
 * `/v1/openapi.json` is made of these lines and of the schemas by which requests are checked, so neither can drift.
 * Schemas of answers are documentation: answers are written by JSON.stringify whatever they say (see api.ts), and a test
 * compares real ones with them.
 */
import type { FastifySchema } from 'fastify';

export type ApiTag =
  | 'Operands'
  | 'Uploads'
  | 'Jobs'
  | 'Network'
  | 'Audit'
  | 'Credit'
  | 'Sites'
  | 'Keys'
  | 'Tokens'
  | 'Operator';

/**
 * An answer: the name of a schema (api-schemas.ts), a list of them, nothing, or bytes of a type.
 * `null` is an answer without a body; bytes and a name are either, as the request asks.
 */
export type Answer = string | readonly [string] | readonly [MediaAnswer, string] | MediaAnswer | null;

export interface MediaAnswer {
  readonly type: string;
  readonly what: string;
}

/** A schema of JSON, as Ajv and OpenAPI 3.1 understand it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What requests are checked by, and what is only told of them. */
export interface AboutMore extends FastifySchema {
  /** More than the summary says; Markdown is not rendered. */
  readonly description?: string;
  /** Why it may fail, by status, beside what every route of its kind answers. */
  readonly problems?: Readonly<Record<number, string>>;
  /** A body that the route checks by itself: its types, with a schema for each. */
  readonly bodies?: Readonly<Record<string, JsonSchema>>;
}

declare module 'fastify' {
  interface FastifySchema {
    readonly problems?: Readonly<Record<number, string>>;
    readonly bodies?: Readonly<Record<string, JsonSchema>>;
  }
}

/** The schema of a route. @param answers - the good ones, by status */
export function about(
  tag: ApiTag,
  summary: string,
  answers: Readonly<Record<number, Answer>>,
  more: AboutMore = {},
): FastifySchema {
  const response = Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]),
  );
  return { ...more, tags: [tag], summary, response };
}

export function refTo(name: string): JsonSchema {
  return { $ref: `${name}#` };
}

function responseOf(answer: Answer): JsonSchema {
  if (answer === null) return { description: 'Done; nothing to tell', type: 'null' };
  if (typeof answer === 'string') return { description: answer, ...content(refTo(answer)) };
  if (isEither(answer)) {
    const [media, name] = answer;
    const json = { 'application/json': { schema: refTo(name) } };
    return { description: media.what, content: { [media.type]: { schema: bytesOf(media.type) }, ...json } };
  }
  if ('what' in answer) return { description: answer.what, ...content(bytesOf(answer.type), answer.type) };
  return { description: `A list of ${answer[0]}`, ...content({ type: 'array', items: refTo(answer[0]) }) };
}

function isEither(
  answer: readonly [string] | readonly [MediaAnswer, string] | MediaAnswer,
): answer is readonly [MediaAnswer, string] {
  return 'length' in answer && answer.length === 2;
}

function content(schema: JsonSchema, type = 'application/json'): JsonSchema {
  return { content: { [type]: { schema } } };
}

function bytesOf(type: string): JsonSchema {
  if (type === 'application/json') return { description: 'JSON' };
  return type.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' };
}
