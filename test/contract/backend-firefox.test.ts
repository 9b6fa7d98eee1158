import { describeBrowserBackend } from './backend-in-browser.ts';

describeBrowserBackend('firefox');
