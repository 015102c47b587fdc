import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which secrets are in use and which instances know them, for changing a secret while the service runs; the keys of
 * digests that survive such a change; and the key of each recovery code's digest.
 */
export class SecretKeys1795400024000 implements MigrationInterface {
  readonly name = 'SecretKeys1795400024000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE secrets_in_use (
        variable text NOT NULL,
        key_id text NOT NULL,
        since timestamptz(3) NOT NULL,
        last_made_at timestamptz(3) NOT NULL,
        CONSTRAINT secrets_in_use_pkey PRIMARY KEY (variable, key_id)
      )`);
    await runner.query(`
      CREATE TABLE secret_announcements (
        instance uuid NOT NULL,
        variable text NOT NULL,
        known text[] NOT NULL,
        seen_at timestamptz(3) NOT NULL,
        CONSTRAINT secret_announcements_pkey PRIMARY KEY (instance, variable)
      )`);
    await runner.query(`
      CREATE TABLE naming_keys (
        purpose text NOT NULL,
        sealed bytea NOT NULL,
        CONSTRAINT naming_keys_pkey PRIMARY KEY (purpose)
      )`);
    await runner.query('ALTER TABLE recovery_codes ADD COLUMN key_id text');
    await runner.query('ALTER TABLE audit_seals ADD COLUMN key_change jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_seals DROP COLUMN key_change');
    await runner.query('ALTER TABLE recovery_codes DROP COLUMN key_id');
    await runner.query('DROP TABLE naming_keys');
    await runner.query('DROP TABLE secret_announcements');
    await runner.query('DROP TABLE secrets_in_use');
  }
}
