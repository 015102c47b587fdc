import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Adds the time of a session's last use, so that its owner can tell a forgotten session from one in use. */
export class SessionLastSeen1795400014800 implements MigrationInterface {
  readonly name = 'SessionLastSeen1795400014800';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN last_seen_at timestamptz(3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN last_seen_at');
  }
}
