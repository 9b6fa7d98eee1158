/** `tilework token`: the operator hands out API tokens and takes them back. */
import type { TokenScope, TokenView } from '../core/v1.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import type { Context } from './context.ts';

export interface CreateOptions {
  readonly action: 'create';
  readonly scopes: readonly TokenScope[];
  readonly label: string;
  /** @default for ever */
  readonly lifetimeMs?: number | undefined;
}

export interface RevokeOptions {
  readonly action: 'revoke';
  readonly id: string;
}

export type TokenOptions = ConnectionOptions & (CreateOptions | RevokeOptions | { readonly action: 'list' });

/** @throws AppError 'forbidden' where these are not to be reached from here, and as the client does. */
export async function token(options: TokenOptions, context: Context): Promise<void> {
  const { terminal, signal, clock } = context;
  const client = await connect(options, context.env);
  if (options.action === 'create') {
    const { scopes, label, lifetimeMs } = options;
    const request = { scopes, label, ...(lifetimeMs !== undefined && { lifetimeMs }) };
    const made = await client.createToken(request, { signal });
    // Only the token goes to stdout, so that a script can keep it.
    terminal.note(`${made.id}  ${describe(made, clock.now())}`);
    terminal.note('shown once; the coordinator keeps only its hash:');
    terminal.out(made.token);
    return;
  }
  if (options.action === 'revoke') {
    await client.revokeToken(options.id, { signal });
    terminal.note(`revoked ${options.id}; what it had open has ended`);
    return;
  }
  const tokens = await client.tokens({ signal });
  if (tokens.length === 0) terminal.note('no tokens, besides the one in the data folder');
  for (const each of tokens) terminal.out(`${each.id}  ${describe(each, clock.now())}`);
}

/** "Ada's laptop  submit,read  created 2026-01-31 09:00, last used never, expires never". */
function describe(view: TokenView, nowMs: number): string {
  const { label, scopes, createdMs, lastUsedMs, expiresMs, revokedMs } = view;
  const used = lastUsedMs === null ? 'never' : minute(lastUsedMs);
  const expired = expiresMs !== null && expiresMs <= nowMs;
  const end =
    revokedMs !== null
      ? `REVOKED ${minute(revokedMs)}`
      : expired
        ? `EXPIRED ${minute(expiresMs)}`
        : `expires ${expiresMs === null ? 'never' : minute(expiresMs)}`;
  return `${label}  ${scopes.join(',')}  created ${minute(createdMs)}, last used ${used}, ${end}`;
}

/** UTC, to the minute. */
function minute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
