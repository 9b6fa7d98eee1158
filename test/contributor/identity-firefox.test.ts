import { describeIdentity } from './identity-cases.ts';

describeIdentity('firefox', { native: true });
