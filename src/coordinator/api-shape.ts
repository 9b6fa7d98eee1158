/** Small words for schemas of answers. The types of `src/core/v1*.ts` keep them complete: see `shape`. */
import { type JsonSchema, refTo } from './api-doc.ts';

/**
 * The schema of a view. Its fields are those of the type, or it does not compile.
 * @param optional - fields that may be left out
 */
export function shape<T extends object>(
  description: string,
  properties: { readonly [Field in keyof Required<T>]: JsonSchema },
  optional: readonly (keyof T & string)[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !(optional as readonly string[]).includes(name));
  return { type: 'object', description, required, properties };
}

const described = (schema: JsonSchema, description?: string): JsonSchema =>
  description === undefined ? schema : { ...schema, description };

export const text = (description?: string): JsonSchema => described({ type: 'string' }, description);
export const whole = (description?: string): JsonSchema => described({ type: 'integer' }, description);
export const number = (description?: string): JsonSchema => described({ type: 'number' }, description);
export const yesNo = (description?: string): JsonSchema => described({ type: 'boolean' }, description);
/** Milliseconds since 1970. */
export const time = (description = 'Milliseconds since 1970'): JsonSchema => number(description);
export const credits = (description = 'Whole microcredits'): JsonSchema =>
  described({ type: 'string', pattern: '^-?[0-9]+$' }, description);
export const base64 = (description: string): JsonSchema => ({
  type: 'string',
  contentEncoding: 'base64',
  description,
});
export const hash = (description: string): JsonSchema => ({
  type: 'string',
  pattern: '^[0-9a-f]{64}$',
  description,
});
export const peer = (description = 'PeerId'): JsonSchema => text(description);
export const oneOf = (values: readonly string[], description?: string): JsonSchema =>
  described({ type: 'string', enum: values }, description);
export const list = (items: JsonSchema | string, description?: string): JsonSchema =>
  described({ type: 'array', items: typeof items === 'string' ? refTo(items) : items }, description);
/** …or null. */
export const maybe = (schema: JsonSchema | string, description?: string): JsonSchema =>
  typeof schema === 'string'
    ? described({ anyOf: [refTo(schema), { type: 'null' }] }, description)
    : described({ ...schema, type: [schema['type'], 'null'] }, description);
export const part = (name: string): JsonSchema => refTo(name);
