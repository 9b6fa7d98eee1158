/** The schemas of all answers of `/v1`, by the name that OpenAPI knows them by. */
import type { JsonSchema } from './api-doc.ts';
import { CREDIT_SCHEMAS } from './api-schemas-credit.ts';
import { JOB_SCHEMAS } from './api-schemas-jobs.ts';
import { OPERATOR_SCHEMAS } from './api-schemas-operator.ts';
import { PUBLIC_SCHEMAS } from './api-schemas-public.ts';

export const API_SCHEMAS: readonly JsonSchema[] = Object.entries({
  ...JOB_SCHEMAS,
  ...PUBLIC_SCHEMAS,
  ...CREDIT_SCHEMAS,
  ...OPERATOR_SCHEMAS,
}).map(([name, schema]) => ({ $id: name, ...schema }));
