/** What can be seen of the frame, in a real browser. */
import type { Clock } from '../core/clock.ts';
import type { Sight } from './embed-guard.ts';

/** IntersectionObserver v2, which the standard library does not know. */
interface ObserverInit2 extends IntersectionObserverInit {
  readonly trackVisibility: boolean;
  readonly delay: number;
}

/** The least that the standard allows. */
const DELAY_MS = 100;
/** A frame that is not displayed is told nothing, but it can measure itself. */
const MEASURE_MS = 1_000;

/** Calls back at every change. @param panel - fills the frame's viewport */
export function watchSight(panel: Element, clock: Clock, onSight: (sight: Sight) => void): () => void {
  let latest: IntersectionObserverEntry | undefined;
  let cancel: () => void = () => {};
  const tell = (): void => {
    const clear = (latest as { readonly isVisible?: boolean } | undefined)?.isVisible;
    onSight({
      widthPx: innerWidth,
      heightPx: innerHeight,
      shown: document.visibilityState === 'visible',
      share: latest?.intersectionRatio ?? 0,
      clear,
    });
  };
  const settings: ObserverInit2 = {
    threshold: [0, 0.25, 0.5, 0.75, 0.9, 1],
    trackVisibility: true,
    delay: DELAY_MS,
  };
  const observer = new IntersectionObserver((entries) => {
    latest = entries.at(-1);
    tell();
  }, settings);
  observer.observe(panel);
  document.addEventListener('visibilitychange', tell);
  addEventListener('resize', tell);
  const measure = (): void => {
    tell();
    cancel = clock.after(MEASURE_MS, measure);
  };
  measure();
  return () => {
    cancel();
    observer.disconnect();
    document.removeEventListener('visibilitychange', tell);
    removeEventListener('resize', tell);
  };
}
