import { Client } from 'pg';
import type { Duplex } from 'node:stream';
import { tellStatement } from './statement-channel.js';

const READ_TIMEOUT = 'Query read timeout';

/**
 * A node-postgres client that hangs up when a statement's answer is overdue (`query_timeout`). node-postgres only
 * rejects the statement and keeps the connection, on which the ROLLBACK and every later borrower of the pool
 * would then wait behind the same silent server, each for the whole time again.
 */
export class DeadlineClient extends Client {
  override readonly query: Client['query'] = ((...parameters: Parameters<Client['query']>) => {
    const outcome: unknown = tellStatement(parameters, () => super.query(...parameters));
    if (outcome instanceof Promise) outcome.catch((error: unknown) => this.hangUpWhenOverdue(error));
    return outcome;
  }) as Client['query'];

  private hangUpWhenOverdue(error: unknown): void {
    if (!(error instanceof Error) || error.message !== READ_TIMEOUT) return;
    (this as unknown as { connection: { stream: Duplex } }).connection.stream.destroy();
  }
}
