import { describeOvernight } from './overnight-flow.ts';

describeOvernight('chromium');
