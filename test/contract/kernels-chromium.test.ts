import { describeBrowserKernels } from './backend-in-browser.ts';

describeBrowserKernels('chromium');
