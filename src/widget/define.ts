/** Makes the class an element of this page. */
import { TileworkContribute } from './element.ts';

const TAG = 'tilework-contribute';

/**
 * Nothing where there are no elements, or where this one is defined already: a page may load it twice.
 * @param home - absolute URL of the folder that the Tilework page stands in
 */
export function define(home: string): void {
  if (!globalThis.customElements || customElements.get(TAG)) return;
  TileworkContribute.home = home;
  customElements.define(TAG, TileworkContribute);
}
