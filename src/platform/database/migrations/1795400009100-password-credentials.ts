import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Passwords move out of the table of users: a user may have none, or use another proof of identity. The old column
 * stays until every instance runs this version. Triggers keep it and the new table equal in both directions, so that
 * instances of both versions can run side by side. Each trigger writes only values that differ, which ends the
 * recursion.
 */
export class PasswordCredentials1795400009100 implements MigrationInterface {
  readonly name = 'PasswordCredentials1795400009100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE password_credentials (
        user_id uuid CONSTRAINT password_credentials_pkey PRIMARY KEY
          CONSTRAINT password_credentials_user_id_fkey REFERENCES users ON DELETE CASCADE,
        hash text NOT NULL,
        pepper_id text,
        changed_at timestamptz(3) NOT NULL
      )`);
    await runner.query('ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL');
    await runner.query(
      'INSERT INTO password_credentials (user_id, hash, changed_at) SELECT id, password_hash, created_at FROM users',
    );
    await runner.query(`
      CREATE FUNCTION users_password_to_credential() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO password_credentials AS held (user_id, hash, changed_at)
          VALUES (NEW.id, NEW.password_hash, NEW.updated_at)
          ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, pepper_id = NULL, changed_at = excluded.changed_at
          WHERE held.hash <> excluded.hash;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER users_password_to_credential AFTER INSERT OR UPDATE OF password_hash ON users
      FOR EACH ROW WHEN (NEW.password_hash IS NOT NULL) EXECUTE FUNCTION users_password_to_credential()`);
    await runner.query(`
      CREATE FUNCTION password_credential_to_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE users SET password_hash = NEW.hash WHERE id = NEW.user_id AND password_hash IS DISTINCT FROM NEW.hash;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER password_credential_to_user AFTER INSERT OR UPDATE OF hash ON password_credentials
      FOR EACH ROW EXECUTE FUNCTION password_credential_to_user()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER users_password_to_credential ON users');
    await runner.query('DROP FUNCTION users_password_to_credential()');
    await runner.query('DROP TABLE password_credentials');
    await runner.query('DROP FUNCTION password_credential_to_user()');
    // The previous version does not support accounts without a password.
    await runner.query('DELETE FROM users WHERE password_hash IS NULL');
    await runner.query('ALTER TABLE users ALTER COLUMN password_hash SET NOT NULL');
  }
}
