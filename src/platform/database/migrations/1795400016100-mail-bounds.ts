import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The times of the latest mails of a kind to a mailbox, so that nobody can flood another person's mailbox. */
export class MailBounds1795400016100 implements MigrationInterface {
  readonly name = 'MailBounds1795400016100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE mail_bounds (
        mailbox bytea NOT NULL,
        kind text NOT NULL,
        sent_at timestamptz(3)[] NOT NULL,
        last_sent_at timestamptz(3) NOT NULL,
        CONSTRAINT mail_bounds_pkey PRIMARY KEY (mailbox, kind)
      )`);
    await runner.query('CREATE INDEX mail_bounds_last_sent_at ON mail_bounds (last_sent_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE mail_bounds');
  }
}
