/** The page that visitors see: static files in dist/ that work from any folder and ask nobody else for anything. */
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  publicDir: false,
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    target: 'es2022',
    sourcemap: true,
    // Every browser with WebGPU has modulepreload; the polyfill is bytes for nobody.
    modulePreload: { polyfill: false },
    // Data URLs would need `data:` in the page's content security policy.
    assetsInlineLimit: 0,
  },
});
