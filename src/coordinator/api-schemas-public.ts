/** The public figures, receipts, keys and sites. */
import type {
  ContributorView,
  NetworkView,
  ReceiptView,
  RecentReceiptView,
  RunningJobView,
  ShardView,
} from '../core/v1.ts';
import type {
  ContributorFiguresView,
  LeaderboardRow,
  LeaderboardView,
  MosaicView,
  ProjectView,
  WorkView,
} from '../core/v1-figures.ts';
import type { JoinCodeView, JoinOfferView, JoinView, JoinsView, LeaveView } from '../core/v1-joins.ts';
import type {
  NewSiteClaimView,
  SiteDayView,
  SiteFiguresView,
  SiteOwnerTokenView,
  SiteOwnerView,
  SiteView,
} from '../core/v1-sites.ts';
import type { JsonSchema } from './api-doc.ts';
import {
  base64,
  credits,
  hash,
  list,
  maybe,
  number,
  oneOf,
  part,
  peer,
  shape,
  text,
  time,
  whole,
  yesNo,
} from './api-shape.ts';

const WORK = { shards: whole(), multiplyAdds: number(), microcredits: credits() };
const WINDOW = oneOf(['day', 'week', 'all']);
const BY = oneOf(['contributor', 'team']);
const RUNS = list(whole(), 'Runs: how many, of what, how many, of what…');

const NETWORK: Readonly<Record<string, JsonSchema>> = {
  Work: shape<WorkView>('Verified work', WORK),
  RunningJob: shape<RunningJobView>('A job that runs', {
    job: text(),
    project: text(),
    title: text(),
    cellsVerified: whole(),
    cellsTotal: whole(),
    boundShare: maybe(number(), 'What is verified, over what links and GPUs allow at best'),
  }),
  RecentReceipt: shape<RecentReceiptView>('A shard that was verified lately', {
    contributor: peer(),
    multiplyAdds: number(),
    verifiedMs: time(),
    logIndex: whole('Its leaf in the public log'),
  }),
  Network: shape<NetworkView>('The network’s state', {
    network: text(),
    coordinator: peer('PeerId: what pages pin and receipts are signed with'),
    contributorsNow: whole(),
    jobsRunning: whole(),
    shardsVerified: whole(),
    multiplyAddsVerified: number(),
    flopsLastMinute: number('Verified multiply-adds, times two, a second'),
    flopsLastHour: number(),
    jobs: list('RunningJob'),
    receipts: list('RecentReceipt'),
  }),
  Contributor: shape<ContributorView>('A contributor’s work of all time', { contributor: peer(), ...WORK }),
  ContributorFigures: shape<ContributorFiguresView>(
    'One contributor’s line; zeros for one that nobody knows',
    {
      contributor: peer(),
      ...WORK,
      name: text(),
      team: text(),
      profile: maybe(text(), 'The signed Profile that says so, base64'),
      rank: maybe(whole()),
      main: peer('Main key under which this one counts'),
      joined: whole('Keys that count under this one'),
      day: part('Work'),
      week: part('Work'),
    },
    ['main', 'joined'],
  ),
  LeaderboardRow: shape<LeaderboardRow>('A rank', {
    rank: whole(),
    contributor: text('PeerId; empty for a team'),
    name: text(),
    team: text(),
    members: whole(),
    ...WORK,
  }),
  Leaderboard: shape<LeaderboardView>('Ranks', { by: BY, window: WINDOW, rows: list('LeaderboardRow') }),
  Project: shape<ProjectView>('What jobs are for', {
    project: text(),
    about: text(),
    jobsRunning: whole(),
    cellsOpen: whole(),
    cellsTotal: whole(),
  }),
  Mosaic: shape<MosaicView>('Who verified which part of C, in cells of 256 × 256', {
    job: text(),
    project: text(),
    state: oneOf(['running', 'done', 'cancelled', 'failed', 'expired']),
    rows: whole('Cells'),
    cols: whole('Cells'),
    tileRows: whole('Cells of a tile'),
    tileCols: whole(),
    cells: RUNS,
    verified: { ...RUNS, type: ['array', 'null'] },
    contributors: list(peer()),
    version: text('Id of the last event that is in here'),
  }),
  Receipt: shape<ReceiptView>('A verified shard, as it was signed', {
    shard: text(),
    job: text(),
    contributor: peer(),
    multiplyAdds: number(),
    microcredits: credits(),
    verifiedMs: time(),
    lease: base64('Signed envelope of what was asked'),
    result: base64('…of what was stated'),
    receipt: base64('…of what was credited'),
  }),
  Shard: shape<ShardView>('A verified shard, to be checked again', {
    lease: text(),
    blocks: list(hash('SHA-256'), 'Of its C blocks, row by row'),
    kept: yesNo('False when retention has let the blocks, or those of the operands, go'),
  }),
};

const KEYS: Readonly<Record<string, JsonSchema>> = {
  JoinCode: shape<JoinCodeView>('A code for an offer', { code: text(), expiresMs: time() }),
  JoinOffer: shape<JoinOfferView>('The offer of a code', {
    offer: base64('Signed JoinOffer'),
    joined: peer(),
  }),
  Join: shape<JoinView>('Two keys that count as one', {
    id: hash('What a Leave names'),
    joined: peer(),
    main: peer(),
    joinedMs: time(),
    offer: base64('Signed by the joined key'),
    join: base64('Signed by the main key'),
  }),
  Joins: shape<JoinsView>('Whose key this is', { main: maybe('Join'), joined: list('Join') }),
  Leave: shape<LeaveView>('The end of a join', { joined: peer(), main: peer(), endedMs: time() }),
};

const SITE = { site: text('Origin'), contributorsNow: whole(), ...WORK };
const SITES: Readonly<Record<string, JsonSchema>> = {
  Site: shape<SiteView>('A site that may embed the widget', SITE),
  SiteDay: shape<SiteDayView>('One UTC day of a site', { day: text(), ...WORK }),
  SiteOwner: shape<SiteOwnerView>('For the owner alone', {
    claimedMs: time(),
    balanceMicrocredits: credits(),
    contributors: whole(),
    contributorsByDay: list(whole()),
  }),
  SiteFigures: shape<SiteFiguresView>(
    'What was verified on a site',
    { ...SITE, account: text(), days: list('SiteDay'), owner: part('SiteOwner') },
    ['owner'],
  ),
  SiteClaim: shape<NewSiteClaimView>('What the owner is to publish', {
    id: text('A secret of whoever claims'),
    site: text(),
    token: text(),
    expiresMs: time(),
    file: { type: 'object', required: ['url', 'content'], properties: { url: text(), content: text() } },
    meta: text('For the head of the first page'),
  }),
  SiteOwnerToken: shape<SiteOwnerTokenView>('Shown once', {
    site: text(),
    ownerToken: text(),
    claimedMs: time(),
  }),
};

export const PUBLIC_SCHEMAS: Readonly<Record<string, JsonSchema>> = { ...NETWORK, ...KEYS, ...SITES };
