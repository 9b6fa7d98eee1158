/** What operators are told beyond the console's own view. */
import type { BanView, OperatorEntryView } from '../core/v1-operator.ts';
import type { JsonSchema } from './api-doc.ts';
import { peer, shape, text, time } from './api-shape.ts';

export const OPERATOR_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Ban: shape<BanView>('A contributor that gets no leases', {
    contributor: peer(),
    reason: text(),
    sinceMs: time(),
  }),
  OperatorEntry: shape<OperatorEntryView>('What an operator ordered', {
    id: text(),
    atMs: time(),
    token: text('Id of the token; default for the data folder’s'),
    action: text(),
    subject: text(),
    reason: text(),
  }),
};
