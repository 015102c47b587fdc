import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../../platform/database/database-problem.js';

/** Reads the costs of the stored hashes. */
@Injectable()
export class PasswordCostsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns the highest cost of all stored bcrypt hashes; null if there are none. Reads the whole table. */
  async highest(): Promise<number | null> {
    const rows = await onDatabase(() =>
      this.dataSource.query<{ cost: number | null }[]>(
        `SELECT max(substr(hash, 5, 2)::int) AS cost FROM password_credentials WHERE hash LIKE '$2%'`,
      ),
    );
    return rows[0]?.cost ?? null;
  }
}
