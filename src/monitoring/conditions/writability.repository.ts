import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { READ_ONLY } from '../../platform/database/session-client.js';

/** Whether the pool's connections lead to a server that takes changes. */
@Injectable()
export class WritabilityRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Returns false for a standby, and for a session that is read-only by a setting. Asked over the pool, because after a
   * failover its connections may still lead to the old server while a new one does not. Throws what the driver throws.
   */
  async canWrite(): Promise<boolean> {
    try {
      const [row] = await this.dataSource.query<[{ writable: boolean }]>(
        `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable`,
      );
      return row.writable;
    } catch (error) {
      // The pool refuses new connections to such a server.
      if ((error as { code?: string }).code === READ_ONLY) return false;
      throw error;
    }
  }
}
