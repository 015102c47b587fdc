import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The service passes the end of its newest genuine seal. PostgreSQL cannot recognise a forged seal, which could move the
 * positions or prevent the service from starting. The function without an argument is kept for the previous version.
 */
export class AuditRebase1795400015100 implements MigrationInterface {
  readonly name = 'AuditRebase1795400015100';

  async up(runner: QueryRunner): Promise<void> {
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    await runner.query(`
      CREATE FUNCTION audit_rebase_positions(sealed bigint) RETURNS boolean
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
      DECLARE
        top_limit CONSTANT bigint := 4503599627370496;
        -- Transactions between two seals, of a cluster as busy as can be; a million starts behind forged rows fit below the limit.
        margin CONSTANT bigint := 4294967296;
        reached bigint;
        known bigint;
        top bigint;
      BEGIN
        LOCK TABLE audit_position_base IN EXCLUSIVE MODE;
        SELECT base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM audit_position_base INTO reached;
        -- Rows beyond the limit are forged and must not prevent a start.
        known := least(greatest(sealed, reached) + margin, top_limit);
        SELECT greatest((SELECT max(position) + 1 FROM audit_events WHERE position < known),
                        (SELECT max(position) + 1 FROM audit_calls WHERE position < known), sealed) INTO top;
        IF top <= reached THEN
          RETURN false;
        END IF;
        IF top > top_limit THEN
          RAISE EXCEPTION 'no transaction reached the position % that the last audit seal states', top
            USING ERRCODE = 'data_corrupted';
        END IF;
        UPDATE audit_position_base SET base = top - pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
        RETURN true;
      END $$`);
    await runner.query('REVOKE EXECUTE ON FUNCTION audit_rebase_positions(bigint) FROM PUBLIC');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit_rebase_positions(bigint)');
  }
}
