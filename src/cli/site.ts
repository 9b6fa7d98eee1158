/** `tilework site`: sites that embed the widget, over the coordinator's HTTP API. Needs no operator's token. */
import { SitesClient } from '../client/sites.ts';
import { formatCredit } from '../core/units.ts';
import type { WorkView } from '../core/v1-figures.ts';
import { DEFAULT_URL } from './connection.ts';
import type { Context } from './context.ts';

interface OfSite {
  readonly origin: string;
}

export type SiteOptions = { readonly url?: string | undefined } & (
  | { readonly action: 'list' }
  | (OfSite & { readonly action: 'show'; readonly ownerToken?: string | undefined })
  | (OfSite & { readonly action: 'claim' })
  | (OfSite & { readonly action: 'check'; readonly claim: string })
);

export async function site(options: SiteOptions, { terminal, signal, env }: Context): Promise<void> {
  const url = options.url ?? env['TILEWORK_URL'] ?? DEFAULT_URL;
  const token = options.action === 'show' ? (options.ownerToken ?? env['TILEWORK_SITE_TOKEN']) : undefined;
  const client = new SitesClient({ url, token });
  if (options.action === 'list') {
    const sites = await client.list({ signal });
    if (sites.length === 0) terminal.note('no site may embed the widget here (start --embed ORIGIN)');
    for (const each of sites) terminal.out(`${each.site}  ${work(each)}, ${each.contributorsNow} now`);
    return;
  }
  if (options.action === 'show') {
    const { account, contributorsNow, days, owner, ...all } = await client.figures(options.origin, {
      signal,
    });
    terminal.out(`${all.site}  ${work(all)}, ${contributorsNow} now`);
    if (owner) {
      const balance = formatCredit(BigInt(owner.balanceMicrocredits));
      terminal.out(`${account}  ${balance} credit; ${owner.contributors} keys have worked here`);
    }
    for (const [at, day] of days.entries()) {
      const keys = owner ? `, ${owner.contributorsByDay[at] ?? 0} keys` : '';
      terminal.out(`${day.day}  ${work(day)}${keys}`);
    }
    return;
  }
  if (options.action === 'claim') {
    const { id, file, meta } = await client.claim(options.origin, { signal });
    terminal.note(`Publish one of these two, then: site check ${options.origin} --claim ${id}`);
    terminal.note('The claim is good for a week. Keep its ID to yourself: it leads to the owner’s token.');
    terminal.out(`${file.url}  ${file.content}`);
    terminal.out(`${options.origin}/  ${meta}`);
    return;
  }
  const { ownerToken } = await client.check(options.claim, options.origin, { signal });
  // Only the token goes to stdout, so that a script can keep it.
  terminal.note('the owner’s token; it is shown once, and one from before is good no longer:');
  terminal.out(ownerToken);
}

function work({ shards, multiplyAdds, microcredits }: WorkView): string {
  return `${shards} shards, ${multiplyAdds.toExponential(2)} multiply-adds, ${formatCredit(BigInt(microcredits))} credit`;
}
