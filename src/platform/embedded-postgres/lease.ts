import { Client } from 'pg';

/** Key of the advisory lock that every process using an embedded server shares: the bytes of "leasehol". */
const LEASE = '7810756276994469740';
const ANSWER_MS = 2000;

/**
 * A process's claim on an embedded server: a shared advisory lock on a connection of its own, so that a killed
 * process gives it up by dying. The login is also the proof that the server is ours, because SCRAM authenticates
 * the server to the client as well (RFC 5802 section 3).
 */
export class Lease {
  private constructor(private readonly client: Client) {}

  /** Connects and claims; `onLost` is called once when the connection ends other than by {@link close}. */
  static async open(superuserUrl: string, onLost: () => void): Promise<Lease> {
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
      await client.query('SELECT pg_advisory_lock_shared($1)', [LEASE]);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    const lease = new Lease(client);
    client.once('end', () => lease.closed || onLost());
    return lease;
  }

  private closed = false;

  /**
   * Gives up the claim and tells whether it was the last one; then nobody can make a new one while the connection
   * stays open. A server that does not answer has no claims left to honour.
   */
  async release(): Promise<boolean> {
    this.closed = true;
    try {
      await this.client.query('SELECT pg_advisory_unlock_shared($1)', [LEASE]);
      const { rows } = await this.client.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [
        LEASE,
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
