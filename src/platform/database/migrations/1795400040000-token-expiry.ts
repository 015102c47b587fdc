import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeBriefly } from '../brief-lock.js';

/**
 * Until when the access tokens of a session are valid, which the instance that revokes them cannot know: another may have issued
 * them with another lifetime. Null in rows that only instances of the previous version have written, which ignore the column.
 */
export class TokenExpiry1795400040000 implements MigrationInterface {
  readonly name = 'TokenExpiry1795400040000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    const change = 'ALTER TABLE sessions ADD COLUMN IF NOT EXISTS tokens_expire_at timestamptz(3)';
    await changeBriefly(runner, 'sessions', change);
  }

  async down(runner: QueryRunner): Promise<void> {
    await changeBriefly(runner, 'sessions', 'ALTER TABLE sessions DROP COLUMN IF EXISTS tokens_expire_at');
  }
}
