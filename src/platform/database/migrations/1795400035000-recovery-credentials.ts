import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The version of the credentials with which a recovery was started: another address or factor ends it, as another password does.
 * Null for recoveries that instances of the previous version start.
 */
export class RecoveryCredentials1795400035000 implements MigrationInterface {
  readonly name = 'RecoveryCredentials1795400035000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE factor_recoveries ADD COLUMN credential_version integer');
    await runner.query(`
      UPDATE factor_recoveries SET credential_version = users.credential_version
      FROM users WHERE users.id = factor_recoveries.user_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE factor_recoveries DROP COLUMN credential_version');
  }
}
