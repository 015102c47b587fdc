import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A signing key is trusted for what the master secret vouches for, not for standing in the table: whoever may insert
 * rows could otherwise publish a key of their own. Rows of the previous version have no code; what their encrypted
 * private key proves is accepted instead.
 */
export class SigningKeyCodes1795400009300 implements MigrationInterface {
  readonly name = 'SigningKeyCodes1795400009300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE signing_keys ADD COLUMN mac bytea, ADD COLUMN sealed_with text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE signing_keys DROP COLUMN mac, DROP COLUMN sealed_with');
  }
}
