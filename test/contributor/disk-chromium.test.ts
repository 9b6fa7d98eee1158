import { describeDisk } from './disk-cases.ts';

describeDisk('chromium');
