import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Recoveries of lost factors: at most one per account, waiting, due, or canceled less than a day ago. */
export class FactorRecoveries1795400032000 implements MigrationInterface {
  readonly name = 'FactorRecoveries1795400032000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE factor_recoveries (
        user_id uuid NOT NULL,
        password_changed_at timestamptz(3) NOT NULL,
        started_at timestamptz(3) NOT NULL,
        due_at timestamptz(3) NOT NULL,
        ready_at timestamptz(3),
        canceled_at timestamptz(3),
        next_at timestamptz(3) NOT NULL,
        CONSTRAINT factor_recoveries_pkey PRIMARY KEY (user_id),
        CONSTRAINT factor_recoveries_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX factor_recoveries_next_at ON factor_recoveries (next_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE factor_recoveries');
  }
}
