import { describeTroubles } from './troubles-flow.ts';

describeTroubles('firefox');
