import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Until when the access tokens of a session are valid, which the instance that revokes them cannot know: another may have issued
 * them with another lifetime. Null in rows that only instances of the previous version have written, which ignore the column.
 */
export class TokenExpiry1795400040000 implements MigrationInterface {
  readonly name = 'TokenExpiry1795400040000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN tokens_expire_at timestamptz(3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN tokens_expire_at');
  }
}
