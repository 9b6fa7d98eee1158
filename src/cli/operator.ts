/** `tilework ban`, `unban`, `bans`, `pause` and `resume`: the console's twins on the command line. */
import { OperatorClient } from '../client/operator.ts';
import { type ConnectionOptions, credentials } from './connection.ts';
import type { Context } from './context.ts';

export type OperatorOptions = ConnectionOptions &
  (
    | { readonly action: 'ban'; readonly contributor: string; readonly reason: string }
    | { readonly action: 'unban'; readonly contributor: string }
    | { readonly action: 'bans' }
    | { readonly action: 'pause'; readonly project: string; readonly reason?: string | undefined }
    | { readonly action: 'resume'; readonly project: string }
  );

/** @throws AppError 'forbidden' where these are not to be reached from here, and as the client does. */
export async function operator(options: OperatorOptions, { terminal, signal, env }: Context): Promise<void> {
  const client = new OperatorClient(await credentials(options, env));
  switch (options.action) {
    case 'ban': {
      const { contributor, reason } = options;
      await client.ban({ contributor, reason }, { signal });
      terminal.note(`banned ${contributor}; if it was connected, it was told why and is no more`);
      return;
    }
    case 'unban':
      await client.unban(options.contributor, { signal });
      terminal.note(`${options.contributor} may contribute again`);
      return;
    case 'pause': {
      const { project, reason } = options;
      await client.pause({ project, ...(reason !== undefined && { reason }) }, { signal });
      terminal.note(`paused ${JSON.stringify(project)}: its jobs get no new leases`);
      return;
    }
    case 'resume':
      await client.resume(options.project, { signal });
      terminal.note(`${JSON.stringify(options.project)} goes on`);
      return;
    case 'bans': {
      const bans = await client.bans({ signal });
      if (bans.length === 0) terminal.note('nobody is banned');
      for (const { contributor, reason, sinceMs } of bans)
        terminal.out(
          `${contributor}  ${new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ')}  ${reason}`,
        );
    }
  }
}
