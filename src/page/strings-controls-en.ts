/** The controls in English. */
import type { ControlStrings } from './strings-controls.ts';

export const controlsEn: ControlStrings = {
  locale: 'en',
  presets: 'How hard it works',
  preset: {
    gentle: {
      label: 'Gentle',
      help: 'You hardly notice it: a third of the time, and only while you are away.',
    },
    balanced: { label: 'Balanced', help: 'Most of what the GPU can do, on mains power.' },
    'all-in': { label: 'All in', help: 'Everything the GPU can do, also on battery and metered networks.' },
  },
  presetNote: 'A preset leaves your schedule, your data limits and the quiet tone as they are.',
  custom: 'Your own mixture.',
  group: {
    power: 'Power and heat',
    when: 'When',
    data: 'Network',
    space: 'Memory and disk',
    night: 'Overnight',
  },
  intensity: { label: 'Intensity', help: 'Share of time your GPU works for the network' },
  heat: {
    label: 'Heat',
    help: 'Does less when this device gets hot or busy, and nothing when it is very hot; early means before a fan is heard.',
  },
  heats: { off: 'Do not care', normal: 'Give way', careful: 'Give way early' },
  onlyOnMains: { label: 'Only on mains power', help: 'Pauses as soon as this device runs on battery.' },
  batteryFloor: { label: 'Keep in the battery', help: 'On battery, it pauses below this level.' },
  never: 'Nothing',
  pauseWhileInUse: {
    label: 'Pause while I use this computer',
    help: 'Works only when keyboard and mouse have rested. The browser asks you whether it may tell.',
  },
  idle: { label: 'Rested for', help: 'After so long without a touch, nobody uses the computer.' },
  schedule: { label: 'Schedule', help: 'By the clock of this device; it may run past midnight.' },
  schedules: { always: 'At any time', except: 'Not between', only: 'Only between' },
  from: 'From',
  to: 'to',
  dailyData: {
    label: 'Data a day',
    help: 'Pauses until midnight when so much has moved, both ways together.',
  },
  dataToday: (bytes) => `${bytes} today so far.`,
  downCap: { label: 'Download at most', help: 'Leaves the rest of your connection to you.' },
  upCap: {
    label: 'Upload at most',
    help: 'Results are what is uploaded; calls and games mind uploads most.',
  },
  noLimit: 'No limit',
  perSecond: (bytes) => `${bytes}/s`,
  onMetered: {
    label: 'Also on metered networks',
    help: 'Mobile networks, and browsers that are told to save data.',
  },
  memory: { label: 'GPU memory', help: 'Up to so much is used, from the next start on.' },
  disk: { label: 'Disk', help: 'Keeps numbers on this device, so that they need not come twice.' },
  diskUsed: (bytes) => `${bytes} in use.`,
  clear: 'Clear',
  off: 'Off',
  keepAwake: {
    label: 'Keep the screen awake',
    help: 'While it works and this tab is seen; a computer that sleeps computes nothing.',
  },
  tone: {
    label: 'Quiet tone',
    help: 'A tone that nobody hears, for which browsers hold background tabs back less. The tab shows a loudspeaker.',
  },
  note: {
    noBattery: 'This browser cannot tell whether this device runs on battery.',
    noIdle: 'This browser cannot tell whether somebody uses this computer.',
    idleRefused:
      'This browser was not allowed to tell whether somebody uses this computer. Its site settings can change that.',
    noMetered: 'This browser cannot tell whether this network counts its bytes.',
    noPressure: 'This browser cannot tell how hot this device is; shards that take longer count instead.',
    noAwake: 'This browser cannot keep the screen awake.',
    awakeRefused: 'The browser refuses just now, perhaps because the battery is low.',
    noTone: 'This browser plays no tones.',
    toneBlocked: 'The browser lets no sound out just now; switch it off and on again.',
    scheduleEmpty: 'Both times are the same, so it works at any time.',
  },
};
