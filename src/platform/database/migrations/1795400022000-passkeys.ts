import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Passkeys. As with authenticator apps, a trigger moves the version of an account's credentials when one is added or
 * removed; a use, which changes the counter, does not.
 */
export class Passkeys1795400022000 implements MigrationInterface {
  readonly name = 'Passkeys1795400022000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE passkeys (
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        name text NOT NULL,
        credential_id bytea NOT NULL,
        public_key bytea NOT NULL,
        user_handle bytea NOT NULL,
        row_seal bytea NOT NULL,
        counter bigint NOT NULL,
        transports text[] NOT NULL,
        synced boolean NOT NULL,
        created_at timestamptz(3) NOT NULL,
        last_used_at timestamptz(3),
        CONSTRAINT passkeys_pkey PRIMARY KEY (id),
        CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (credential_id)');
    await runner.query('CREATE INDEX passkeys_user_id ON passkeys (user_id)');
    await runner.query(`
      CREATE FUNCTION passkey_moves_version() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE users SET credential_version = credential_version + 1 WHERE id = COALESCE(NEW.user_id, OLD.user_id);
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER passkey_moves_version AFTER INSERT OR DELETE ON passkeys
      FOR EACH ROW EXECUTE FUNCTION passkey_moves_version()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE passkeys');
    await runner.query('DROP FUNCTION passkey_moves_version()');
  }
}
