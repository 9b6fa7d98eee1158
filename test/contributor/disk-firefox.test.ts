import { describeDisk } from './disk-cases.ts';

describeDisk('firefox');
