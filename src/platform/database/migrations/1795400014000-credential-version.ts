import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A number that increases with every change of an address or a password, so that a secret can be bound to the
 * credentials that were valid when it was created. Triggers increase it, because instances of the previous version
 * change both without knowing the column.
 */
export class CredentialVersion1795400014000 implements MigrationInterface {
  readonly name = 'CredentialVersion1795400014000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users ADD COLUMN credential_version integer NOT NULL DEFAULT 0');
    await runner.query(`
      CREATE FUNCTION users_email_moves_version() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.credential_version := OLD.credential_version + 1;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER users_email_moves_version BEFORE UPDATE OF email ON users
      FOR EACH ROW WHEN (NEW.email <> OLD.email) EXECUTE FUNCTION users_email_moves_version()`);
    await runner.query(`
      CREATE FUNCTION password_credential_moves_version() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE users SET credential_version = credential_version + 1 WHERE id = coalesce(NEW.user_id, OLD.user_id);
        RETURN NULL;
      END $$`);
    // A rehash of the same password does not set changed_at in its statement; a change of password always does.
    await runner.query(`
      CREATE TRIGGER password_credential_moves_version AFTER INSERT OR DELETE OR UPDATE OF changed_at
      ON password_credentials FOR EACH ROW EXECUTE FUNCTION password_credential_moves_version()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER password_credential_moves_version ON password_credentials');
    await runner.query('DROP FUNCTION password_credential_moves_version()');
    await runner.query('DROP TRIGGER users_email_moves_version ON users');
    await runner.query('DROP FUNCTION users_email_moves_version()');
    await runner.query('ALTER TABLE users DROP COLUMN credential_version');
  }
}
