import { describeBrowserBackend } from './backend-in-browser.ts';

// Its kernels are those of Dawn in Node, on the same software adapter: each of them, and those without dot4, run there.
describeBrowserBackend('chromium', [{ noDot4: false }]);
