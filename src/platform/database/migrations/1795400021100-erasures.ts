import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The deleted people whose data is to be erased or has been. A row contains ids and times only, and stays, so that data that
 * comes late, from the spool of an instance that was down for example, is erased as well. The other table has the
 * position up to which the trail was searched for it.
 */
export class Erasures1795400021100 implements MigrationInterface {
  readonly name = 'Erasures1795400021100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE erasures (
        user_id uuid CONSTRAINT erasures_pkey PRIMARY KEY,
        deleted_at timestamptz(3) NOT NULL,
        due_at timestamptz(3) NOT NULL,
        actor jsonb,
        event_id uuid,
        stated_at timestamptz(3),
        erased_at timestamptz(3)
      )`);
    await runner.query('CREATE INDEX erasures_due ON erasures (due_at) WHERE erased_at IS NULL');
    await runner.query('CREATE INDEX erasures_deleted_at ON erasures (deleted_at)');
    await runner.query(`
      CREATE TABLE erasure_sweep (
        singleton boolean CONSTRAINT erasure_sweep_pkey PRIMARY KEY DEFAULT true CHECK (singleton),
        position bigint
      )`);
    await runner.query('INSERT INTO erasure_sweep DEFAULT VALUES');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE erasure_sweep, erasures');
  }
}
