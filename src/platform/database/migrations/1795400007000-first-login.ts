import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether an account was ever in use outlives its sessions; all that exist when this comes count as such. */
export class FirstLogin1795400007000 implements MigrationInterface {
  readonly name = 'FirstLogin1795400007000';

  async up(runner: QueryRunner): Promise<void> {
    // One value for all rows, which PostgreSQL keeps beside the table instead of writing every row.
    await runner.query('ALTER TABLE users ADD COLUMN first_login_at timestamptz(3) DEFAULT now()');
    await runner.query('ALTER TABLE users ALTER COLUMN first_login_at DROP DEFAULT');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users DROP COLUMN first_login_at');
  }
}
