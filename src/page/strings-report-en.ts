/** The night report in English. */
import { counted } from './shown-numbers.ts';
import type { ReportStrings } from './strings-report.ts';

const LOCALE = 'en';
const n = (count: number): string => counted(LOCALE, count);

export const reportEn: ReportStrings = {
  locale: LOCALE,
  dir: 'ltr',
  title: 'Night report',
  empty:
    'Nothing to report yet. Press Start, leave this page open, and find here what it came to: work, credit, energy, and each pause with its reason.',
  which: 'Session',
  present: 'Still going on.',
  failed: 'It ended because something went wrong.',
  unfinished: 'The page was closed without Stop.',
  atWork: 'at work',
  line: (work, pauses, gaps) => `At work for ${work}, paused for ${pauses}, not there for ${gaps}.`,
  legend: { work: 'at work', pause: 'paused', gap: 'not there' },
  pausesInShort: (count, together, longest, reason) =>
    count === 1
      ? `One pause of ${longest}: ${reason}`
      : `${n(count)} pauses (${together} together), the longest ${longest}: ${reason}`,
  noPauses: 'Not a single pause worth telling.',
  shards: 'Shards verified',
  rejected: (count) => `${n(count)} not accepted`,
  work: 'Verified work',
  credit: 'Credit',
  down: 'Received',
  up: 'Sent',
  energy: 'Energy, estimated',
  energyNote: (watts, busy) =>
    `The energy is an estimate: ${n(watts)} W for the ${busy} in which the GPU computed. No browser can measure it, and the rest of the computer is not in it.`,
  watts: 'Watts while the GPU computes',
  wattsHelp:
    'Some 15 to 30 for a GPU within the processor, 150 and more for a gaming card. Change it if you know yours.',
  throttled: (length) => `For ${length} of its work the browser slowed this page down.`,
  hot: (length) => `For ${length} it did less because this device was hot.`,
  pauses: 'Pauses',
  from: 'From',
  until: 'Until',
  length: 'Length',
  reason: 'Why',
  kinds: {
    'on-battery': 'This device ran on its battery.',
    'battery-low': 'The battery was below your limit.',
    'quiet-hours': 'These were hours that you keep free.',
    'data-cap': 'The data of that day was used up.',
    metered: 'The connection counts its data.',
    'in-use': 'Somebody used this computer.',
    'very-hot': 'This device was very hot.',
    'by-hand': 'You had pressed Pause.',
    offline: 'This device was offline.',
    unreachable: 'The coordinator could not be reached.',
    'no-work': 'There was nothing to compute.',
    suspended: 'This computer slept, or the browser froze the tab.',
    closed: 'This page was closed.',
  },
  brief: (together) => `Shorter ones, ${together} together, are not listed.`,
  csv: 'Download as CSV',
  image: 'Download as an image',
  clear: 'Clear all reports',
  undo: 'Bring them back',
  cleared: 'All reports are cleared.',
  restored: 'The reports are back.',
  fileName: 'tilework-report',
  signature: 'Tilework · lend your GPU to a shared calculation',
};
