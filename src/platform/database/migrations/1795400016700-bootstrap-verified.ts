import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The operator vouches for the address of the first administrator. The previous version did not store that, so that
 * `REQUIRE_VERIFIED_EMAIL` would lock the administrator out; the audit trail says which accounts were created at the start.
 */
export class BootstrapVerified1795400016700 implements MigrationInterface {
  readonly name = 'BootstrapVerified1795400016700';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE users SET email_verified = true WHERE id IN (
        SELECT user_id FROM audit_events WHERE request_id = 'bootstrap' AND type = 'user_created')`);
  }

  /** Nothing to restore: the previous version does not read the column. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
