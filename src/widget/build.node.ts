/** The build of dist/widget.js: one file under a name that stays, with nothing of the page's in it. */
import { resolve } from 'node:path';

/** Settings for Vite. */
export function widgetBuild(root: string) {
  return {
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      sourcemap: false,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: resolve(import.meta.dirname, 'widget.ts'),
        preserveEntrySignatures: 'strict',
        output: { format: 'es', entryFileNames: 'widget.js' },
      },
    },
  } as const;
}
