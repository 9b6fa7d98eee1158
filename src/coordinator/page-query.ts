/** How a part of a long list is asked for: `before` names the last one of the part before. */
export interface PageQuery {
  readonly limit: number;
  readonly before?: string;
}

/** @param before - what a name of that list may be, as JSON schema */
export const pageSchema = (before: object): { readonly querystring: object } => ({
  querystring: {
    type: 'object',
    properties: { limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 }, before },
  },
});
