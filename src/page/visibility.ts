/** Whether the page is seen, and the moments of its life (Page Lifecycle; freeze and resume in Chromium only). */
import { type BrowserScope, listen, type Watch } from './browser-scope.ts';

/**
 * 'restored': out of the back/forward cache, as it was. 'leaving': to that cache or for good; nobody can tell which
 * will be the page's end.
 */
export type PageMoment = 'shown' | 'hidden' | 'frozen' | 'resumed' | 'restored' | 'leaving';

export interface Visibility {
  readonly hidden: boolean;
  /** The browser had thrown the tab out of memory and has loaded it again: not a new visit. */
  readonly wasDiscarded: boolean;
}

export function watchVisibility(
  scope: BrowserScope,
  onMoment: (moment: PageMoment) => void,
): Watch<Visibility> {
  const { document } = scope;
  const hidden = (): boolean => document.visibilityState === 'hidden';
  const stops = [
    listen(document, ['visibilitychange'], () => onMoment(hidden() ? 'hidden' : 'shown')),
    listen(document, ['freeze'], () => onMoment('frozen')),
    listen(document, ['resume'], () => onMoment('resumed')),
    listen(scope, ['pagehide'], () => onMoment('leaving')),
    listen(scope, ['pageshow'], (event) => {
      if ((event as Partial<PageTransitionEvent>).persisted === true) onMoment('restored');
    }),
  ];
  return {
    get current() {
      return { hidden: hidden(), wasDiscarded: document.wasDiscarded === true };
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
