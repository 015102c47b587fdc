import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The factors that were proven in a session, so that the removal of a factor lowers the level of exactly those sessions
 * that have no other. Sessions of the previous version have proven none.
 */
export class SessionFactors1795400017100 implements MigrationInterface {
  readonly name = 'SessionFactors1795400017100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions ADD COLUMN factors text[] NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN factors');
  }
}
