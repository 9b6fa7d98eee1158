import { describePage } from './page-flow.ts';

describePage('firefox');
