import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The language in which an account gets its mails. Accounts of the previous version get the default, English. */
export class UserLocale1795400016000 implements MigrationInterface {
  readonly name = 'UserLocale1795400016000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE users ADD COLUMN locale text NOT NULL DEFAULT 'en'
      CONSTRAINT users_locale_check CHECK (locale IN ('en', 'de'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users DROP COLUMN locale');
  }
}
