import { describeIdentity } from './identity-cases.ts';

describeIdentity('chromium', { native: true });
