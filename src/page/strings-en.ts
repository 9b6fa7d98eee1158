/** The contributor's page in English. */
import type { Strings } from './strings.ts';

const BROWSERS =
  'Chrome or Edge 113 and newer, Safari 26 and newer, Firefox 141 and newer on Windows or 145 and newer on macOS';
const of = (project: string): string => (project ? ` for “${project}”` : '');
const TELL = 'tell whoever runs this site';

const RETRYING: Partial<Record<string, string>> = {
  'wrong-peer': 'The coordinator at this address has another identity than this page expects',
  'bad-frame': 'The coordinator sent what cannot be right, so this page hung up',
  'bad-signature': 'The coordinator sent what cannot be right, so this page hung up',
  'too-large': 'The coordinator asks for more than it may, so this page hung up',
  'not-found': 'The coordinator is of another version than this page',
};

export const stringsEn: Strings = {
  locale: 'en',
  dir: 'ltr',
  panel: 'Contribute',
  button: {
    start: 'Start',
    again: 'Start again',
    retry: 'Try again',
    stop: 'Stop',
    stopping: 'Stopping…',
    pause: 'Pause',
    resume: 'Go on',
    finish: 'Finish, then stop',
    finishing: 'Finishing…',
    here: 'Contribute here instead',
    copy: 'Copy',
    copied: 'Copied',
  },
  invitation: 'Nothing runs until you press Start.',
  nothingRuns: 'Nothing is running.',
  promise: (memory, disk) => [
    'Your GPU computes small parts of large matrix products, in slices of a few hundredths of a second, so that this device stays usable.',
    `It uses up to ${memory} of GPU memory, ${disk ? `up to ${disk} of disk, ` : ''}some electricity and your network connection.`,
    'Stop ends it at once, and so does closing this tab.',
  ],
  stages: 'Stages of a shard',
  stage: {
    testing: 'Test GPU',
    connecting: 'Connect',
    waiting: 'Wait',
    downloading: 'Download',
    computing: 'Compute',
    uploading: 'Upload',
    verified: 'Verified',
  },
  about: (duration) => `about ${duration}`,
  now: {
    cannotStart: 'Tilework cannot start here.',
    ready: 'Ready when you are.',
    stopped: 'Stopped. Nothing is running.',
    stopping: 'Stopping; the GPU ends its current slice.',
    testing: 'Testing your GPU with products whose answers are known.',
    connecting: 'Connecting to the coordinator.',
    waiting: 'Connected; nothing to compute at the moment. You can leave this open.',
    downloading: (project) => `Downloading the numbers of a shard${of(project)}.`,
    computing: (project) => `Computing a shard${of(project)}.`,
    uploading: (project) => `Uploading the result${of(project)}.`,
    checking: 'Uploaded; the coordinator is checking every number.',
    verified: 'Verified. Thank you.',
    finishing: 'Finishing what has begun; then it stops by itself.',
    paused: 'Paused. Your GPU does nothing for us now.',
    retrying: (trouble, within) =>
      `${RETRYING[trouble] ?? 'Cannot reach the coordinator'}; trying again${within === undefined ? '' : ` in ${within}`}.`,
  },
  said: {
    working: 'Working.',
    workingSince: (shards, count) => `Working. ${shards} ${count === 1 ? 'shard' : 'shards'} verified.`,
  },
  badge: {
    'full-power': 'Full power',
    reduced: 'Reduced',
    throttled: 'Throttled by the browser',
    paused: 'Paused',
  },
  badgeName: 'How hard it works',
  reason: {
    byHand: 'You pressed Pause.',
    onBattery: 'This device runs on battery, and you chose to contribute on mains power only.',
    batteryLow: (level, floor) => `The battery is at ${level}; you chose to keep ${floor} of it.`,
    quietHours: (until) => `Your schedule says not now: it goes on at ${until}.`,
    dataCap: (used, cap, until) =>
      `${used} have moved today, and your limit is ${cap}: it goes on at ${until}.`,
    metered: 'This network counts its bytes, and you chose not to use such a network.',
    inUse: (idle, until) =>
      until === undefined
        ? `Somebody uses this computer; it goes on when nobody has for ${idle}.`
        : `Somebody used this computer just now; it goes on at ${until}.`,
    veryHot: 'This device is very hot or busy; it goes on when that has passed.',
    hotByPressure: (share) => `This device is hot or busy, so the GPU works ${share} as much as you allow.`,
    hotBySpeed: (share) =>
      `Shards take longer than they did, which is how a hot GPU shows, so it works ${share} as much as you allow.`,
    throttled: 'The browser holds this tab back because it is in the background; computing may be slower.',
    offline: 'There is no network; what is in flight waits.',
    intensity: (share) => `You chose ${share} intensity.`,
  },
  shardsVerified: (count) => (count === 1 ? 'shard verified' : 'shards verified'),
  stat: {
    speedNow: 'GPU speed',
    speedHour: 'Verified, last hour',
    work: 'Verified work',
    credit: 'Credit',
    creditInAll: (credit) => `${credit} in all`,
    receipts: 'Receipts',
    link: 'Of what is possible',
    linkNote: 'by your link and GPU',
    data: 'Data moved',
    dataIn: (bytes) => `${bytes} in`,
    dataOut: (bytes) => `${bytes} out`,
    dataToday: (bytes) => `${bytes} today`,
    unknown: '–',
  },
  fact: {
    project: 'For',
    gpu: 'GPU',
    network: 'Network',
    you: 'You are',
    copyId: 'Copy your contributor id',
    log: 'Receipts in the public log',
    checkedOf: (checked, receipts) => `${checked} of ${receipts} checked`,
  },
  summary: (work, credit) => `You gave ${work} of verified work and earned ${credit} credit. Thank you.`,
  summaryNone: 'No shard was finished this time; nothing is lost, another contributor computes it.',
  notice: {
    insecure: {
      title: 'This page needs https',
      advice:
        'Browsers offer WebGPU only to pages opened over https (or on localhost). Open this page by its https address.',
    },
    'no-webgpu': {
      title: 'This browser has no WebGPU',
      advice: `Tilework needs WebGPU. These browsers have it: ${BROWSERS}. If yours is one of them, graphics acceleration may be switched off in its settings.`,
    },
    'software-adapter': {
      title: 'No real GPU was found',
      advice:
        'This browser would compute on the processor instead, which is slow and warm for little use, so Tilework leaves it. Switch on graphics acceleration in the browser’s settings, or try another device. Thank you for offering.',
    },
    'unsupported-key': {
      title: 'This browser lacks the signatures that Tilework needs',
      advice:
        'Results are signed, and this browser cannot do that here. A current version, or a window that is not private, can.',
    },
    locked: {
      title: 'Another tab is already contributing',
      advice: 'One tab keeps the whole GPU busy. Use that tab, or stop it there and press Try again here.',
    },
    conflict: {
      title: 'Another tab is contributing now',
      advice: 'One tab at a time uses this GPU. Press Try again to move the work back to this one.',
    },
    'wrong-peer': {
      title: 'This is not the coordinator that the page names',
      advice: `It may have been set up anew, or somebody may be standing in its place; nothing is computed for it. Please ${TELL}. This page keeps trying.`,
    },
    unreachable: {
      title: 'The coordinator cannot be reached',
      advice:
        'It may be restarting, this device may be offline, or a proxy may block WebSockets. This page keeps trying; there is nothing you need to do. If other pages work and this lasts, try another network.',
    },
    'not-found': {
      title: 'This page and the coordinator are of different versions',
      advice: `Reload this page to get its newest version. If that does not help, the coordinator is older than the page: ${TELL}. This page keeps trying.`,
    },
    'gpu-lost': {
      title: 'The GPU went away',
      advice:
        'The browser or the driver took the GPU back, for example after sleep or a driver update. Press Try again; if it returns, restart the browser.',
    },
    'gpu-wrong': {
      title: 'This GPU gave wrong answers',
      advice:
        'It failed products whose answers are known, so nothing of it is used. An overclocked or overheated GPU does that, and so may an old driver: update it, let it cool, and press Try again.',
    },
    'out-of-memory': {
      title: 'The GPU has too little free memory',
      advice: 'Close other tabs that use the GPU, or choose less GPU memory under Controls.',
    },
    forbidden: {
      title: 'This browser does not allow the connection',
      advice: `A setting or an extension of this browser, or the rules of this site, forbid it. Another browser may work; if not, ${TELL}.`,
    },
    banned: {
      title: 'Shut out of this network',
      advice: 'Its operator has banned this key; the reason stands below. Credit that was earned stays.',
    },
    'bad-input': {
      title: 'This page is not set up correctly',
      advice: `It does not name a coordinator that it could use. Please ${TELL}; what follows helps them.`,
    },
    'bad-frame': {
      title: 'The coordinator sends what cannot be right',
      advice: `This page hung up and keeps trying. It may be of another version: reload the page, and if that does not help, ${TELL}.`,
    },
    'bad-signature': {
      title: 'A signature did not match',
      advice: `What came is not what the coordinator signed, so this page hung up and keeps trying. If it goes on, ${TELL}.`,
    },
    'too-large': {
      title: 'The coordinator asks for more than it may',
      advice: `This page hung up and keeps trying. If it goes on, ${TELL}.`,
    },
    timeout: {
      title: 'That took too long',
      advice: 'This device may be very busy. Press Try again; if it returns, reload the page.',
    },
    closed: {
      title: 'The connection was closed',
      advice: 'Press Try again; if it returns, reload the page.',
    },
    internal: {
      title: 'Something went wrong',
      advice: `Reload the page and try again. If it returns, ${TELL}; what follows helps them.`,
    },
  },
  overWebRtc: {
    title: 'Connected over WebRTC',
    advice:
      'This is slower than the usual way, and it runs on this page’s own thread, so the page may stutter. It is used where the usual way does not lead to the coordinator.',
  },
  rejected: (count) => ({
    title: count === 1 ? 'One shard was not accepted' : `${count} shards were not accepted`,
    advice:
      'The numbers did not pass the check, so nothing was credited and another contributor computes them again. If it happens often, this GPU may be overclocked or too hot.',
  }),
  log: {
    forked: {
      title: 'The public record of this network contradicts what it said before',
      advice: `Its coordinator has signed two histories, so credit here cannot be relied on. Press Stop if you do not want to go on, and ${TELL}. This browser keeps both signed statements as evidence.`,
    },
    missing: {
      title: 'The public record of this network lacks a receipt of yours',
      advice: `The coordinator has signed that this work was credited, and its public log says something else. Press Stop if you do not want to go on, and ${TELL}.`,
    },
    unverifiable: {
      title: 'The public record of this network cannot be checked',
      advice: `What is served does not fit the signature over it. The server may be at fault; this page keeps trying. If it goes on, ${TELL}.`,
    },
  },
  clockOff: (by) => ({
    title: 'This device’s clock is wrong',
    advice: `It differs by ${by} from the server’s. Computing does not mind, but your schedule and the daily data limit follow this clock: set it right in the system’s settings.`,
  }),
  diskRefused: {
    title: 'No room on this disk',
    advice:
      'Numbers that come again are downloaded again instead of being kept. Free some space, or choose a smaller disk budget under Controls.',
  },
  development: {
    title: 'Development address',
    advice: 'The link that opened this page chose the coordinator, not this site:',
  },
  detail: 'What the program said:',
  otherTab: {
    title: 'Another tab of this browser is contributing',
    advice: 'These are its numbers, and the buttons act on it. One tab keeps the whole GPU busy.',
  },
  otherTabWaiting: {
    title: 'Another tab of this browser is contributing',
    advice: 'This one takes over when that one ends.',
  },
  section: {
    controls: 'Controls',
    speed: 'Speed over time',
    report: 'Night report',
    you: 'Your name and key',
    projects: 'What you compute for',
    share: 'Share',
  },
  loading: 'Loading…',
  title: {
    attention: 'Needs attention · Tilework',
    verified: (count) => `${count} verified · Tilework`,
    paused: 'Paused · Tilework',
  },
  language: 'Language',
};
