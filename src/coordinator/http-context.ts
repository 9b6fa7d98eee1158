/** What the routes need of the rest of the coordinator. */
import type { Capacity } from '../core/bound.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Checkpoints } from '../ledger/checkpoints.ts';
import type { Dtype } from '../matrix/dtype.ts';
import type { SigningKey } from '../protocol/keys.ts';
import type { BlockStore } from '../store/blocks.ts';
import type { Database } from '../store/database.ts';
import type { DatabaseWatch } from './database-watch.ts';
import type { DoorOptions } from './doors.ts';
import type { Figures } from './figures.ts';
import type { Intake } from './intake.ts';
import type { JobReports } from './job-reports.ts';
import type { Jobs } from './jobs.ts';
import type { Joins } from './joins.ts';
import type { Metrics } from './metrics.ts';
import type { Mosaics } from './mosaics.ts';
import type { Operator } from './operator.ts';
import type { Overview } from './operator-overview.ts';
import type { Operands } from './operands.ts';
import type { PublicEvents } from './public-events.ts';
import type { Readiness } from './readiness.ts';
import type { SiteClaims } from './site-claims.ts';
import type { Sites } from './sites.ts';
import type { Tokens } from './tokens.ts';
import type { Uploads } from './uploads.ts';

export interface HttpContext {
  readonly db: Database;
  /** Where the embedded database lies; undefined with a PostgreSQL. */
  readonly dataDir: string | undefined;
  readonly blocks: BlockStore;
  readonly jobs: Jobs;
  readonly reports: JobReports;
  readonly operands: Operands;
  readonly uploads: Uploads;
  readonly metrics: Metrics;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  readonly log: Logger;
  /** What statements are signed with; its PeerId is `peerId`. */
  readonly key: SigningKey;
  readonly tokens: Tokens;
  readonly doors: DoorOptions;
  readonly network: string;
  readonly peerId: string;
  /** Of all coordinators of the network, this one's first. */
  readonly peerAddresses: () => readonly string[];
  readonly database: DatabaseWatch;
  readonly intake: Intake;
  readonly readiness: Readiness;
  readonly figures: Figures;
  readonly operator: Operator;
  readonly overview: Overview;
  readonly mosaics: Mosaics;
  readonly events: PublicEvents;
  readonly contributorsNow: () => number;
  /** Of those who could take part in such a job now. */
  readonly capacities: (dtype: Dtype, project?: string) => readonly Capacity[];
  /** A page that may not run hands leases back: see http-leases.ts. */
  readonly returnLeases: (contributor: string, leases: readonly string[]) => void;
  /** Origins of the sites that may frame the widget. */
  readonly embed: readonly string[];
  readonly sites: Sites;
  readonly claims: SiteClaims;
  readonly joins: Joins;
  /** The built page; without it only the API is served. */
  readonly pageDir: string | undefined;
}
