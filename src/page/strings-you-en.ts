/** The visitor's own speed, name, key, projects and card in English. */
import { counted } from './shown-numbers.ts';
import type { YouStrings } from './strings-you.ts';

const LOCALE = 'en';
const n = (count: number): string => counted(LOCALE, count);
const shards = (count: number): string => `${n(count)} ${count === 1 ? 'shard' : 'shards'}`;

export const youEn: YouStrings = {
  locale: LOCALE,
  speed: {
    title: 'Your speed',
    span: 'Period',
    spans: { hour: 'Last hour', day: 'Last 24 hours' },
    mean: 'Average',
    best: 'Best',
    worked: 'At work',
    minutes: (minutes) =>
      minutes < 60
        ? `${n(minutes)} min`
        : `${n(Math.floor(minutes / 60))} h${minutes % 60 > 0 ? ` ${n(minutes % 60)} min` : ''}`,
    described: (span, mean, best, worked) =>
      `Curve of your speed. ${span}: ${mean} on average, ${best} at best, ${worked} at work. The table below says the same.`,
    empty: 'The curve begins with the first minute that your GPU works.',
    emptySpan: 'Your GPU has not worked in this hour.',
    rest: 'at rest',
    note: 'Two operations for each multiply-add, over the time that your GPU worked; gaps are rests.',
    table: 'The same as a table',
    from: 'From',
    failed: 'The curve cannot be drawn here. The table says the same.',
  },
  rank: {
    title: 'Your rank',
    none: 'Your first verified shard puts you on the list.',
    rank: (rank) => `Rank ${n(rank)}`,
    day: 'Last 24 hours',
    week: 'Last 7 days',
    all: 'All time',
    credit: (credit) => `${credit} credit`,
    shards,
    around: 'Who is next to you',
    place: 'Rank',
    who: 'Contributor',
    creditHead: 'Credit',
    you: 'you',
  },
  name: {
    title: 'Name and team',
    lead: 'You need neither. If you like, others see a name and a team beside your contributor id in the public lists.',
    name: 'Name',
    team: 'Team',
    allowed: (max) =>
      `Up to ${n(max)} characters of any script; invisible ones are left out. Everybody can read it, so give nothing away that you would not post. A team is everybody who writes the same name.`,
    save: 'Save',
    takeBack: 'Take it back',
    tooLong: (field, max) => `${field}: more than ${n(max)} characters.`,
    notShown: (field) => `${field}: more than three accents on one letter, or one that stands alone.`,
    none: 'No name: others see your contributor id alone.',
    removing: 'Your name will be taken back as soon as the coordinator is connected.',
    removed: 'Your name was taken back. Others see your contributor id alone.',
    pending: 'Saved here. The coordinator is told when it is connected.',
    waiting: 'Others see it with your first verified shard.',
    kept: 'Others see it now.',
    refused: 'The coordinator does not show this name.',
    reason: 'It says:',
  },
  key: {
    title: 'Your key',
    lead: 'A key made in this browser signs your results. Credit belongs to the key: clear this browser’s data without a copy, and nobody can earn under this id again.',
    id: 'Contributor id',
    kinds: {
      none: 'There is no key yet. It is made when you press Start for the first time.',
      sealed:
        'This key was made to stay in this browser: nobody can copy it, you included. That is the safest kind.',
      portable: 'This key can be copied into a file, for another device or as a spare.',
    },
    save: 'Save key to a file…',
    saveWarning:
      'Whoever has this file can act as you: it has no password. Keep it where only you can read it, and send it to nobody.',
    saveNow: 'Save the file',
    renew: 'Make a key that can be copied…',
    renewWarning:
      'You get a new contributor id. Shards and credit so far stay with the old one, to which you can return. Scripts of this page could read the new key, so it is a little less safe.',
    renewNow: 'Make a new key',
    load: 'Use a key from a file…',
    loadWarning:
      'From the next start on, this browser contributes under the id below. Shards and credit so far stay with the present one, to which you can return.',
    loadNow: 'Use this key',
    cancel: 'Cancel',
    undo: 'Return to the former key',
    former: 'Former id',
    unavailable: 'This browser does not let the page keep a key (a private window?).',
    done: {
      saved: 'The file was handed to your browser, which keeps it with your downloads.',
      loaded: 'The key from the file is in use from the next start on.',
      renewed: 'A new key is in use from the next start on.',
      undone: 'The former key is in use again from the next start on.',
    },
    faults: {
      'not-a-key': 'This file holds no Tilework key. Nothing has changed.',
      damaged: 'The key in this file is damaged. Nothing has changed.',
      same: 'This is the key that is in use already.',
      failed: 'That did not work, and nothing has changed. Try again in a moment.',
    },
    fileNote:
      'Tilework contributor key. Whoever has this file can act as this contributor. Keep it to yourself.',
  },
  projects: {
    title: 'What you compute for',
    lead: 'Requesters say for whom and for what a product is.',
    any: 'Whatever is needed',
    anyHelp: 'Your GPU is never without work while there is some.',
    only: 'Only what I choose',
    onlyHelp:
      'If none of these has work, your GPU rests until there is some. It takes effect with the next shard.',
    list: 'Projects',
    loading: 'Asking the coordinator.',
    failed: 'The list of projects cannot be fetched just now. Your choice stands as it is.',
    none: 'No project has work at the moment.',
    running: (jobs, percent) =>
      `${n(jobs)} ${jobs === 1 ? 'product' : 'products'} in work, ${percent} % done`,
    idle: 'no work at the moment',
    gone: 'not on the list at the moment',
    nothingChosen: 'Nothing is chosen yet: until you tick a project, your GPU computes for all of them.',
    resting: 'None of your projects has work at the moment: your GPU rests.',
    most: (max) => `No more than ${n(max)} can be chosen.`,
  },
  share: {
    title: 'Share',
    lead: 'A picture of what your browser has computed. It is drawn here and sent nowhere; what you do with it is up to you.',
    empty: 'Your card is drawn with your first verified shard.',
    withName: 'Write my name on it',
    withId: 'Write my contributor id on it',
    download: 'Save picture',
    share: 'Share…',
    failed: 'The picture could not be shared. You can save it instead.',
    described: (texts) => `Picture: ${texts}`,
    shards: (count) => (count === 1 ? 'shard verified' : 'shards verified'),
    credit: (credit) => `${credit} trillion multiply-adds`,
    motto: 'Computed by my browser, and checked to the last number.',
    text: (count) => `My browser has computed ${count} for Tilework.`,
  },
};
