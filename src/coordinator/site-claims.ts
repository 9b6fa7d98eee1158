/**
 * How a site's owner shows who they are: a token is published on the site, and whoever asked for it gets a bearer's
 * token for the owner's view. Nothing is kept for a claim: what is to be published is a hash of the claim's secret
 * id, so that a crowd of claims takes no room, and what stands on the site leads back to no id.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { toHex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { NewSiteClaimView, SiteOwnerTokenView } from '../core/v1-sites.ts';
import type { Database } from '../store/database.ts';
import { ownerOf, setOwner } from '../store/sites.ts';
import { RateLimit } from './rate-limit.ts';
import { FILE_PATH, META_NAME, fileHolds, pageHolds } from './site-proof.ts';
import type { ReadSite } from './site-reader.ts';

const CLAIM_MS = 7 * 24 * 3_600_000;
/** Of one site: nobody shall use us to knock at somebody's door. */
const CHECKS = { burst: 5, perSecond: 1 / 30 } as const;
/** Sites that are read at once. */
const MAX_READS = 4;
const SECRET_BYTES = 16;
const TOKEN_BYTES = 32;
/** Milliseconds in hexadecimal, and the secret. */
const CLAIM_ID = /^([0-9a-f]{11})-[0-9a-f]{32}$/;
const OWNER_TOKEN = /^Bearer +(tilework_site_[A-Za-z0-9_-]{43})$/i;

export interface SiteClaimsContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly rng: Rng;
  /** The coordinator's: a token that is published for one proves nothing to another. */
  readonly peerId: string;
  /** Origins of the sites that may embed: no other is ever read. */
  readonly embed: readonly string[];
  readonly readSite: ReadSite;
}

export class SiteClaims {
  readonly #context: SiteClaimsContext;
  readonly #checks: RateLimit;
  #reads = 0;

  constructor(context: SiteClaimsContext) {
    this.#context = context;
    this.#checks = new RateLimit(context.clock, CHECKS);
  }

  /** What to publish. @throws AppError 'not-found' for a site that may not embed */
  begin(site: string): NewSiteClaimView {
    this.#assertListed(site);
    const { clock, rng } = this.#context;
    const now = clock.now();
    const id = `${now.toString(16).padStart(11, '0')}-${toHex(rng.bytes(SECRET_BYTES))}`;
    const token = this.#tokenOf(id, site);
    return {
      id,
      site,
      token,
      expiresMs: now + CLAIM_MS,
      file: { url: `${site}${FILE_PATH}`, content: JSON.stringify({ v: 1, tokens: [token] }) },
      meta: `<meta name="${META_NAME}" content="${token}">`,
    };
  }

  /**
   * Looks for the token on the site. An owner's token of before is good no longer.
   * @throws AppError 'not-found', 'conflict' while it is not published, 'rate-limited'
   */
  async check(id: string, site: string): Promise<SiteOwnerTokenView> {
    this.#assertListed(site);
    const { db, clock, rng } = this.#context;
    const begun = Number.parseInt(CLAIM_ID.exec(id)?.[1] ?? '', 16);
    const now = clock.now();
    if (!(begun <= now && now < begun + CLAIM_MS))
      throw new AppError('not-found', 'there is no such claim, or it is more than a week old; begin another');
    if (!this.#checks.take(site) || this.#reads >= MAX_READS)
      throw new AppError('rate-limited', 'sites are read too often just now; try again in a minute');
    this.#reads += 1;
    try {
      await this.#find(site, this.#tokenOf(id, site));
    } finally {
      this.#reads -= 1;
    }
    const ownerToken = `tilework_site_${Buffer.from(rng.bytes(TOKEN_BYTES)).toString('base64url')}`;
    const claimedMs = clock.now();
    await setOwner(db, { site, hash: hashOf(ownerToken).toString('hex'), claimedMs });
    return { site, ownerToken, claimedMs };
  }

  /**
   * When the bearer has claimed the site; undefined for a request without an owner's token.
   * @throws AppError 'unauthorized' for an owner's token that is not this site's
   */
  async owner(site: string, authorization: string | undefined): Promise<number | undefined> {
    const token = OWNER_TOKEN.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const owner = await ownerOf(this.#context.db, site);
    const expected = owner ? Buffer.from(owner.hash, 'hex') : Buffer.alloc(32);
    if (!timingSafeEqual(hashOf(token), expected) || !owner)
      throw new AppError(
        'unauthorized',
        'this token is not the owner’s of this site, or was replaced by another',
      );
    return owner.claimedMs;
  }

  #assertListed(site: string): void {
    if (this.#context.embed.includes(site)) return;
    throw new AppError(
      'not-found',
      'this site may not embed here; the coordinator’s operator can name it with --embed',
    );
  }

  #tokenOf(id: string, site: string): string {
    const parts = ['tilework-site/1', this.#context.peerId, site, id].join('\n');
    return createHash('sha256').update(parts).digest('base64url');
  }

  /** In the file, else on the first page. @throws AppError 'conflict' that says what was found instead */
  async #find(site: string, token: string): Promise<void> {
    const seen: string[] = [];
    for (const [path, holds] of [
      [FILE_PATH, fileHolds],
      ['/', pageHolds],
    ] as const) {
      const url = `${site}${path}`;
      try {
        const { status, text } = await this.#context.readSite(url);
        if (status === 200 && holds(text, token)) return;
        seen.push(status === 200 ? `${url} does not hold the token` : `${url} answered ${status}`);
      } catch (thrown) {
        seen.push(toAppError(thrown).message);
      }
    }
    throw new AppError('conflict', `the token is not published yet: ${seen.join('; ')}`);
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
