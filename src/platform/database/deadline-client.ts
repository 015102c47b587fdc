import type { Connection } from 'pg';
import { type CopiedRows, CopyQuery } from './copy-query.js';
import { READ_ONLY, SessionClient, type StatementParameters } from './session-client.js';
import { publishStatement } from './statement-channel.js';

const READ_TIMEOUT = 'Query read timeout';

/**
 * `feature_not_supported`: a migration has changed the type of a column that a prepared statement returns. Raised for nothing
 * else that this service sends.
 */
const PLAN_CHANGED = '0A000';

/**
 * A node-postgres client that closes the connection if a statement exceeds its deadline (`query_timeout`), if the server
 * accepts no writes, or if a prepared statement can no longer be run. node-postgres only rejects the statement and keeps
 * the connection; the ROLLBACK and every later user of the pooled connection would then wait for the same silent server,
 * or fail on the same demoted one.
 */
export class DeadlineClient extends SessionClient {
  protected override send(parameters: StatementParameters): unknown {
    return this.watched(publishStatement(parameters, () => super.send(parameters)));
  }

  /** Sends rows to a table, all or none, with the same deadline as a statement. */
  copyIn(copied: CopiedRows): Promise<number> {
    const send = () =>
      new Promise<number>((resolve, reject) => {
        const query = new CopyQuery(copied, (error) => (error ? reject(error) : resolve(query.written)));
        super.send([query]);
      });
    return this.watched(publishStatement([copied.copy], send));
  }

  private watched<T>(outcome: T): T {
    if (outcome instanceof Promise) outcome.catch((error: unknown) => this.hangUpWhenUseless(error));
    return outcome;
  }

  private hangUpWhenUseless(error: unknown): void {
    if (!(error instanceof Error)) return;
    const { code } = error as { code?: string };
    if (error.message !== READ_TIMEOUT && code !== READ_ONLY && code !== PLAN_CHANGED) return;
    const { connection } = this as unknown as { connection: Connection };
    connection.stream.destroy();
    // The socket's end event arrives only in a later turn; until then the pool would hand the connection out again.
    connection.emit('error', error);
  }
}
