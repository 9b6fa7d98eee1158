import { describeTroubles } from './troubles-flow.ts';

describeTroubles('chromium');
