import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A session says when it was used, for its owner to tell a forgotten one from one that somebody uses. */
export class SessionLastSeen1795400014800 implements MigrationInterface {
  readonly name = 'SessionLastSeen1795400014800';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN last_seen_at timestamptz(3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN last_seen_at');
  }
}
