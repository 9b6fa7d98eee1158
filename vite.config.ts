/** The page that visitors see: static files in dist/ that work from any folder and ask nobody else for anything. */
import { defineConfig, type Plugin } from 'vite';

/**
 * libp2p would look up /dnsaddr names at public DNS-over-HTTPS servers, which would then learn who contributes.
 * Our addresses name a host and a key, so nothing is lost with it.
 */
function withoutPublicDns(): Plugin {
  return {
    name: 'tilework:without-public-dns',
    load: {
      filter: { id: /@multiformats\/dns\/dist\/src\/resolvers\/default\.browser\.js/ },
      handler: () => `export const defaultResolver = () => [
        async (name) => { throw new Error('an address may not need a DNS lookup of ' + name); },
      ];`,
    },
  };
}

/**
 * Every key here is Ed25519, and a coordinator is pinned by one. libp2p would bring the other curve along, 5 KiB
 * after gzip for keys that are refused anyway.
 */
function withoutSecp256k1(): Plugin {
  return {
    name: 'tilework:without-secp256k1',
    load: {
      filter: { id: /@noble\/curves\/secp256k1\.js/ },
      handler: () => `const refuse = () => { throw new Error('only Ed25519 keys are used here'); };
      export const secp256k1 = {
        sign: refuse, verify: refuse, getPublicKey: refuse,
        Point: { fromBytes: refuse }, utils: { randomSecretKey: refuse },
      };`,
    },
  };
}

const plugins = (): Plugin[] => [withoutPublicDns(), withoutSecp256k1()];

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: plugins(),
  worker: { format: 'es', plugins },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    // Every browser with WebGPU has modulepreload; the polyfill is bytes for nobody.
    modulePreload: { polyfill: false },
    // Data URLs would need `data:` in the page's content security policy.
    assetsInlineLimit: 0,
  },
});
