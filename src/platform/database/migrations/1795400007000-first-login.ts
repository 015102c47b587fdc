import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Records whether an account was ever used, even after its sessions are gone. All existing accounts count as used. */
export class FirstLogin1795400007000 implements MigrationInterface {
  readonly name = 'FirstLogin1795400007000';

  async up(runner: QueryRunner): Promise<void> {
    // One value for all rows: PostgreSQL stores it in the catalog and does not rewrite the table.
    await runner.query('ALTER TABLE users ADD COLUMN first_login_at timestamptz(3) DEFAULT now()');
    await runner.query('ALTER TABLE users ALTER COLUMN first_login_at DROP DEFAULT');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users DROP COLUMN first_login_at');
  }
}
