/** What anybody may read of a network, and what its operator orders: receipts, credit, tokens. */
import type {
  ContributorView,
  CreditView,
  GrantRequest,
  NetworkView,
  NewTokenRequest,
  NewTokenView,
  OrderView,
  ReceiptView,
  SnapshotView,
  StatementView,
  TokenView,
  TransferRequest,
} from '../core/v1.ts';
import { Calls } from './calls.ts';
import type { CallOptions, ReceiptQuery } from './options.ts';

export class AccountClient extends Calls {
  /** A contributor's public record: what was asked, stated and credited, newest first. Needs no token. */
  receipts({ contributor, limit, before, signal }: ReceiptQuery): Promise<ReceiptView[]> {
    const query = {
      contributor,
      limit: limit?.toString(),
      beforeMs: before?.verifiedMs.toString(),
      beforeShard: before?.shard,
    };
    return this.get('v1/receipts', { signal }, { authorize: false, query });
  }

  /** Needs no token. */
  contributors(options?: CallOptions): Promise<ContributorView[]> {
    return this.get('v1/contributors', options, { authorize: false });
  }

  /** Needs no token. */
  network(options?: CallOptions): Promise<NetworkView> {
    return this.get('v1/network', options, { authorize: false });
  }

  /** What credit is on this network. Needs no token. */
  credit(options?: CallOptions): Promise<CreditView> {
    return this.get('v1/credit', options, { authorize: false });
  }

  /** A contributor's latest credit. Needs no token. */
  statement(contributor: string, options?: CallOptions): Promise<StatementView> {
    return this.get(`v1/contributors/${encodeURIComponent(contributor)}/statement`, options, {
      authorize: false,
    });
  }

  /** All of a contributor's credit as a signed CSV file, not yet checked. Needs no token. */
  async statementCsv(contributor: string, options: CallOptions = {}): Promise<string> {
    const path = `v1/contributors/${encodeURIComponent(contributor)}/statement.csv`;
    const response = await this.http.request({ path, authorize: false, signal: options.signal });
    try {
      return await response.text();
    } catch (error) {
      throw this.http.failure(error, options.signal);
    }
  }

  /** An account's balance and latest events: one's own, or for the operator any. */
  account(account?: string, options?: CallOptions): Promise<StatementView> {
    const path =
      account === undefined ? 'v1/credit/account' : `v1/credit/accounts/${encodeURIComponent(account)}`;
    return this.get(path, options);
  }

  /** Mints credit for an account; the same id again changes nothing. @throws AppError 'conflict', 'bad-input'. */
  grantCredit(request: GrantRequest, options?: CallOptions): Promise<OrderView> {
    return this.post('v1/credit/grants', request, options);
  }

  /** As grantCredit. @throws AppError 'no-credit' besides. */
  transferCredit(request: TransferRequest, options?: CallOptions): Promise<OrderView> {
    return this.post('v1/credit/transfers', request, options);
  }

  /** The token is in this answer and in no other. @throws AppError 'forbidden', 'bad-input'. */
  createToken(request: NewTokenRequest, options?: CallOptions): Promise<NewTokenView> {
    return this.post('v1/tokens', request, options);
  }

  tokens(options?: CallOptions): Promise<TokenView[]> {
    return this.get('v1/tokens', options);
  }

  /** @throws AppError 'forbidden', 'not-found', 'conflict' when it was revoked before. */
  revokeToken(id: string, options?: CallOptions): Promise<void> {
    return this.delete(`v1/tokens/${encodeURIComponent(id)}`, options);
  }

  /** A copy of the embedded database, in the coordinator's data folder. @throws AppError 'forbidden', 'conflict'. */
  snapshot(options?: CallOptions): Promise<SnapshotView> {
    return this.post('v1/snapshot', {}, options);
  }

  /** What the pages read: where contributors reach the coordinator. */
  coordinatorAddresses(options?: CallOptions): Promise<{ v: number; addrs: string[] }> {
    return this.get('coordinator.json', options, { authorize: false });
  }
}
