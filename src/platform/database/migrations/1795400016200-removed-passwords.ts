import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A password that is taken away also leaves the column in which instances of earlier versions read it; otherwise they
 * would go on accepting it.
 */
export class RemovedPasswords1795400016200 implements MigrationInterface {
  readonly name = 'RemovedPasswords1795400016200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION removed_credential_to_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE users SET password_hash = NULL WHERE id = OLD.user_id AND password_hash IS NOT NULL;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER removed_credential_to_user AFTER DELETE ON password_credentials
      FOR EACH ROW EXECUTE FUNCTION removed_credential_to_user()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER removed_credential_to_user ON password_credentials');
    await runner.query('DROP FUNCTION removed_credential_to_user()');
  }
}
