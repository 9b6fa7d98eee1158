import { describeTunings } from './tuning-cases.ts';

describeTunings('chromium');
