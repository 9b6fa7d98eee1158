/** The number on the installed app's icon: shards verified since Start. */
import { attempt, type BrowserScope } from './browser-scope.ts';

/** Returns what sets the badge; 0 takes it away. Nothing where there are no badges. */
export function appBadge({ navigator }: BrowserScope): (shards: number) => void {
  let shown = 0;
  return (shards) => {
    if (shards === shown) return;
    shown = shards;
    void attempt(() => (shards > 0 ? navigator.setAppBadge?.(shards) : navigator.clearAppBadge?.()));
  };
}
