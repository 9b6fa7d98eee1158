/** The commands about sites that embed the widget, and their options. */
import type { Command } from 'commander';
import { DEFAULT_URL } from './connection.ts';
import type { Context } from './context.ts';
import type { SiteOptions } from './site.ts';

export interface SiteCommands {
  site(options: SiteOptions, context: Context): Promise<void>;
}

export const realSiteCommands: SiteCommands = {
  site: async (options, context) => (await import('./site.ts')).site(options, context),
};

const NOTES = `
A site is named by its origin. Which ones may embed the widget, the operator says: tilework start --embed ORIGIN.

  npm run tilework -- site show https://example.org
  npm run tilework -- site claim https://example.org                 what its owner is to publish
  npm run tilework -- site check https://example.org --claim ID      the owner's token, once it is published`;

interface UrlFlags {
  readonly url?: string;
}

export function addSite(program: Command, context: () => Context, commands: SiteCommands): void {
  const site = program
    .command('site')
    .description('sites that embed the widget: what was verified for them, and how their owners claim them')
    .addHelpText('after', NOTES);

  located(site.command('list'))
    .description('every site that may embed')
    .action((flags: UrlFlags) => commands.site({ action: 'list', ...flags }, context()));
  located(site.command('show'))
    .description('a site, day by day')
    .argument('<origin>')
    .option('--owner-token <token>', 'shows how many keys worked there, too (or TILEWORK_SITE_TOKEN)')
    .action((origin: string, flags: UrlFlags & { readonly ownerToken?: string }) =>
      commands.site({ action: 'show', ...flags, origin }, context()),
    );
  located(site.command('claim'))
    .description('begin to show that a site is yours')
    .argument('<origin>')
    .action((origin: string, flags: UrlFlags) =>
      commands.site({ action: 'claim', ...flags, origin }, context()),
    );
  located(site.command('check'))
    .description('get the owner’s token, once the claim is published')
    .argument('<origin>')
    .requiredOption('--claim <ID>', 'from site claim')
    .action((origin: string, flags: UrlFlags & { readonly claim: string }) =>
      commands.site({ action: 'check', ...flags, origin }, context()),
    );
}

function located(command: Command): Command {
  return command.option('--url <url>', `the coordinator (or TILEWORK_URL; else ${DEFAULT_URL})`);
}
