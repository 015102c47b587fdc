import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A signing key is trusted because a code from the master secret authenticates it, not because it is in the table:
 * otherwise anyone who can insert rows could publish their own key. Rows of the previous version have no code; for
 * them, the encrypted private key is accepted as proof.
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
