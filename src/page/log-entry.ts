/** Where an entry of the public log lies: c2sp.org/tlog-tiles, "Entry bundles". */

const WIDTH = 256;

/** The narrowest bundle that holds the entry, which is there as soon as the entry is; below the coordinator. */
export function logEntryPath(index: number): string {
  const width = (index % WIDTH) + 1;
  const digits = String(Math.floor(index / WIDTH));
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `log/tile/entries/${path}${width === WIDTH ? '' : `.p/${width}`}`;
}
