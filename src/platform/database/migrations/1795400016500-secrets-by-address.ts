import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds whether a secret that was sent to an address still holds that address for its account. */
export class SecretsByAddress1795400016500 implements MigrationInterface {
  readonly name = 'SecretsByAddress1795400016500';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX single_use_secrets_email_digest ON single_use_secrets (email_digest, purpose)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX single_use_secrets_email_digest');
  }
}
