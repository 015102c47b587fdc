import { Client } from 'pg';
import { ADVISORY_LOCKS } from '../database/advisory-locks.js';

const ANSWER_MS = 2000;

/**
 * A process's claim on an embedded server: a shared advisory lock on its own connection, so that a killed process releases
 * it automatically. The login also proves that the server is the right one, because SCRAM authenticates the server to the
 * client as well (RFC 5802 section 3).
 */
export class ServerLease {
  private constructor(private readonly client: Client) {}

  /** Connects and claims the server; `onLost` is called once if the connection ends other than by {@link close}. */
  static async open(superuserUrl: string, onLost: () => void): Promise<ServerLease> {
    const client = new Client({
      connectionString: superuserUrl,
      application_name: 'portcullis lease',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT pg_advisory_lock_shared($1)', [ADVISORY_LOCKS.lease]);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    const lease = new ServerLease(client);
    client.once('end', () => lease.closed || onLost());
    return lease;
  }

  private closed = false;

  /**
   * Releases the claim and returns whether it was the last one. If so, no process can make a new claim while this connection
   * stays open. A server that does not respond counts as having no other claims.
   */
  async release(): Promise<boolean> {
    this.closed = true;
    try {
      await this.client.query('SELECT pg_advisory_unlock_shared($1)', [ADVISORY_LOCKS.lease]);
      const { rows } = await this.client.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [
        ADVISORY_LOCKS.lease,
      ]);
      return rows[0]?.last ?? true;
    } catch {
      return true;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.client.end().catch(() => {});
  }
}
