import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Authenticator apps and recovery codes. A trigger moves the version of an account's credentials when a factor is confirmed
 * or removed; a pending enrolment changes nothing yet.
 */
export class Factors1795400017000 implements MigrationInterface {
  readonly name = 'Factors1795400017000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE totp_factors (
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        session_id uuid NOT NULL,
        name text NOT NULL,
        sealed_secret bytea NOT NULL,
        last_step integer,
        created_at timestamptz(3) NOT NULL,
        confirmed_at timestamptz(3),
        last_used_at timestamptz(3),
        CONSTRAINT totp_factors_pkey PRIMARY KEY (id),
        CONSTRAINT totp_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX totp_factors_user_id ON totp_factors (user_id)');
    await runner.query(`
      CREATE TABLE recovery_codes (
        user_id uuid NOT NULL,
        digest bytea NOT NULL,
        created_at timestamptz(3) NOT NULL,
        used_at timestamptz(3),
        CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, digest),
        CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE FUNCTION factor_moves_version() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE users SET credential_version = credential_version + 1 WHERE id = OLD.user_id;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER totp_confirmation_moves_version AFTER UPDATE OF confirmed_at ON totp_factors
      FOR EACH ROW EXECUTE FUNCTION factor_moves_version()`);
    await runner.query(`
      CREATE TRIGGER totp_removal_moves_version AFTER DELETE ON totp_factors
      FOR EACH ROW WHEN (OLD.confirmed_at IS NOT NULL) EXECUTE FUNCTION factor_moves_version()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE recovery_codes');
    await runner.query('DROP TABLE totp_factors');
    await runner.query('DROP FUNCTION factor_moves_version()');
  }
}
