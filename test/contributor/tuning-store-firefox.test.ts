import { describeTunings } from './tuning-cases.ts';

describeTunings('firefox');
