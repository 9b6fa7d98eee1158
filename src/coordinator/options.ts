/** What a coordinator can be told. */
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { CreditMode } from '../ledger/credit-settings.ts';
import type { Keep } from '../store/removal.ts';
import type { DoorOptions } from './doors.ts';
import type { FleetTiming } from './fleet.ts';
import type { ReadSite } from './site-reader.ts';

export interface CoordinatorOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** HTTP; 0 takes a free one. @default 8080 */
  readonly port?: number;
  /** WebSocket for contributors; 0 takes a free one. @default 9001 */
  readonly peerPort?: number;
  /** UDP for contributors over webrtc-direct; 0 takes a free one. @default no webrtc-direct */
  readonly webRtcPort?: number;
  /** Multiaddrs to give to pages instead, where a proxy terminates TLS. */
  readonly announce?: readonly string[];
  /** The built page. */
  readonly pageDir?: string;
  /** Origins of the sites that may embed the widget, and are credited for it. @default none */
  readonly embed?: readonly string[];
  /** What pages call this network. @default 'Tilework' */
  readonly network?: string;
  /** PostgreSQL instead of the embedded database: several coordinators may share it, and one network. */
  readonly databaseUrl?: string;
  /** The network's key, where it is not the data folder's own. */
  readonly keyFile?: string;
  /** Whether others may share the network. @default with `databaseUrl` */
  readonly shared?: boolean;
  /** How soon coordinators that share a network notice each other. @default FLEET_TIMING */
  readonly fleetTiming?: FleetTiming;
  /** Where blocks lie: a folder or an S3 address (openBlockStore), which coordinators may share. @default in the data folder */
  readonly blocks?: string;
  /** Verification threads. @default one less than the processors, at least one */
  readonly threads?: number;
  /** Whether requesters pay. Kept for later starts. @default as before; 'open' in a new network */
  readonly credit?: CreditMode;
  /** Microcredits that will never be passed. Once it is set it stands. @default as before; none in a new network */
  readonly supplyCap?: bigint;
  /** How a site's proof of its owner is read. @default siteReader() */
  readonly readSite?: ReadSite;
  /** What deadlines run by. @default systemClock */
  readonly clock?: Clock;
  /** For all unfinished uploads together. @default DEFAULT_UPLOAD_ROOM_BYTES */
  readonly uploadRoomBytes?: number | undefined;
  /** How long results and operands are kept. @default for ever */
  readonly keep?: Keep;
  /** How HTTP is guarded: rates, proxies, who operates, the largest upload. */
  readonly doors?: DoorOptions;
}
