import { Client, type Connection } from 'pg';
import { type CopiedRows, CopyQuery } from './copy-query.js';
import { tellStatement } from './statement-channel.js';

const READ_TIMEOUT = 'Query read timeout';

/**
 * A node-postgres client that hangs up when a statement's answer is overdue (`query_timeout`). node-postgres only
 * rejects the statement and keeps the connection, on which the ROLLBACK and every later borrower of the pool
 * would then wait behind the same silent server, each for the whole time again.
 */
export class DeadlineClient extends Client {
  override readonly query: Client['query'] = ((...parameters: Parameters<Client['query']>) => {
    return this.watched(tellStatement(parameters, (): unknown => super.query(...parameters)));
  }) as Client['query'];

  /** Sends rows to a table, all or none, under the same deadline as a statement. */
  copyIn(copied: CopiedRows): Promise<number> {
    const send = () =>
      new Promise<number>((resolve, reject) => {
        const query = new CopyQuery(copied, (error) => (error ? reject(error) : resolve(query.written)));
        super.query(query);
      });
    return this.watched(tellStatement([copied.copy], send));
  }

  private watched<T>(outcome: T): T {
    if (outcome instanceof Promise) outcome.catch((error: unknown) => this.hangUpWhenOverdue(error));
    return outcome;
  }

  private hangUpWhenOverdue(error: unknown): void {
    if (!(error instanceof Error) || error.message !== READ_TIMEOUT) return;
    const { connection } = this as unknown as { connection: Connection };
    connection.stream.destroy();
    // Its end is heard of in a later turn only; before that the pool would lend it to the next one.
    connection.emit('error', error);
  }
}
