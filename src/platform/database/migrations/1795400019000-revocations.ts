import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The revocations that offline verifiers read. Transactions commit in another order than they insert, so a row gets its
 * number only after its commit, from one counter whose row is locked meanwhile: whoever sees a number sees all smaller
 * ones. The function is one statement to its caller, so that the lock ends with it even if the caller has vanished.
 */
export class Revocations1795400019000 implements MigrationInterface {
  readonly name = 'Revocations1795400019000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE revocations (
        id uuid NOT NULL,
        number bigint,
        session_id uuid,
        key_id uuid,
        subject uuid NOT NULL,
        reason text NOT NULL,
        revoked_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        CONSTRAINT revocations_pkey PRIMARY KEY (id),
        CONSTRAINT revocations_number_key UNIQUE (number),
        CONSTRAINT revocations_of_one_check CHECK (num_nonnulls(session_id, key_id) = 1)
      )`);
    await runner.query('CREATE INDEX revocations_unnumbered ON revocations (id) WHERE number IS NULL');
    await runner.query(`
      CREATE TABLE revocation_numbers (
        single boolean NOT NULL DEFAULT true,
        last bigint NOT NULL DEFAULT 0,
        deleted bigint NOT NULL DEFAULT 0,
        CONSTRAINT revocation_numbers_pkey PRIMARY KEY (single),
        CONSTRAINT revocation_numbers_single_check CHECK (single)
      )`);
    await runner.query('INSERT INTO revocation_numbers DEFAULT VALUES');
    // Each statement of a volatile function sees what was committed before it, so the rows are looked for under the lock.
    await runner.query(`
      CREATE FUNCTION number_revocations(most integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
      DECLARE
        held bigint;
        added integer;
      BEGIN
        SELECT last INTO STRICT held FROM revocation_numbers FOR UPDATE;
        UPDATE revocations SET number = held + pending.place
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM
                (SELECT id FROM revocations WHERE number IS NULL ORDER BY id LIMIT most) AS oldest) AS pending
        WHERE revocations.id = pending.id;
        GET DIAGNOSTICS added = ROW_COUNT;
        UPDATE revocation_numbers SET last = held + added WHERE added > 0;
        RETURN added;
      END $$`);
    await runner.query('ALTER TABLE sessions ADD COLUMN reduced_at timestamptz(3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN reduced_at');
    await runner.query('DROP FUNCTION number_revocations(integer)');
    await runner.query('DROP TABLE revocation_numbers');
    await runner.query('DROP TABLE revocations');
  }
}
