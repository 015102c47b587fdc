import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { READ_ONLY } from '../../platform/database/session-client.js';

/** Checks whether the pool is connected to a server that accepts changes. */
@Injectable()
export class WritabilityRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Returns false for a standby and for a session that a setting makes read-only. Uses the pool, because after a
   * failover its connections may still be to the old server while a new connection would not be. Rethrows errors of
   * the driver.
   */
  async canWrite(): Promise<boolean> {
    try {
      const [row] = await this.dataSource.query<[{ writable: boolean }]>(
        `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable`,
      );
      return row.writable;
    } catch (error) {
      // The pool refuses new connections to a read-only server.
      if ((error as { code?: string }).code === READ_ONLY) return false;
      throw error;
    }
  }
}
