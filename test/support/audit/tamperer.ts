import { Client } from 'pg';

/** An attacker with the rights of a superuser, but without the keys of the service. */
export class Tamperer {
  private constructor(private readonly client: Client) {}

  static async on(superuserUrl: string): Promise<Tamperer> {
    const client = new Client(superuserUrl);
    await client.connect();
    // Only a superuser can disable triggers.
    await client.query('SET session_replication_role = replica');
    return new Tamperer(client);
  }

  /** Changes at least one row, or throws, because a test without a change would prove nothing. */
  async change(sql: string, ...parameters: unknown[]): Promise<void> {
    const { rowCount } = await this.client.query(sql, parameters);
    if (rowCount === 0) throw new Error('Nothing was changed.');
  }

  async run(sql: string): Promise<void> {
    await this.client.query(sql);
  }

  async ids(table: 'audit_events' | 'audit_calls'): Promise<string[]> {
    const { rows } = await this.client.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY position, id`);
    return rows.map(({ id }) => id);
  }

  /** Copies an entry, with different values in some columns. */
  async copy(id: string, changes: Record<string, unknown>): Promise<void> {
    await this.change(
      `INSERT INTO audit_events SELECT (jsonb_populate_record(copy, $2)).* FROM audit_events copy WHERE id = $1`,
      id,
      JSON.stringify(changes),
    );
  }

  async end(): Promise<void> {
    await this.client.end();
  }
}
