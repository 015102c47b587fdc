import type { Connection } from 'pg';
import { type CopiedRows, CopyQuery } from './copy-query.js';
import { SessionClient, type StatementParameters } from './session-client.js';
import { tellStatement } from './statement-channel.js';

const READ_TIMEOUT = 'Query read timeout';

/** `read_only_sql_transaction`: the server was demoted in a failover, or made read-only. */
const READ_ONLY = '25006';

/**
 * A node-postgres client that hangs up when a statement's answer is overdue (`query_timeout`), and when the server
 * takes no writes. node-postgres only rejects the statement and keeps the connection, on which the ROLLBACK and every
 * later borrower of the pool would then wait behind the same silent server, or fail at the same demoted one.
 */
export class DeadlineClient extends SessionClient {
  protected override send(parameters: StatementParameters): unknown {
    return this.watched(tellStatement(parameters, () => super.send(parameters)));
  }

  /** Sends rows to a table, all or none, under the same deadline as a statement. */
  copyIn(copied: CopiedRows): Promise<number> {
    const send = () =>
      new Promise<number>((resolve, reject) => {
        const query = new CopyQuery(copied, (error) => (error ? reject(error) : resolve(query.written)));
        super.send([query]);
      });
    return this.watched(tellStatement([copied.copy], send));
  }

  private watched<T>(outcome: T): T {
    if (outcome instanceof Promise) outcome.catch((error: unknown) => this.hangUpWhenUseless(error));
    return outcome;
  }

  private hangUpWhenUseless(error: unknown): void {
    if (!(error instanceof Error)) return;
    if (error.message !== READ_TIMEOUT && (error as { code?: string }).code !== READ_ONLY) return;
    const { connection } = this as unknown as { connection: Connection };
    connection.stream.destroy();
    // Its end event arrives only in a later turn; before that the pool would lend it to the next one.
    connection.emit('error', error);
  }
}
