import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rows restored from another cluster may have positions higher than any transaction id of this cluster; new positions
 * then continue after them. Only rows close to the known end of the trail count: the service's role can insert a row at
 * any position, and a row at the highest position would leave none for the next start.
 */
export class AuditPositions1795400009000 implements MigrationInterface {
  readonly name = 'AuditPositions1795400009000';

  async up(runner: QueryRunner): Promise<void> {
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    await runner.query(`
      CREATE OR REPLACE FUNCTION audit_rebase_positions() RETURNS boolean
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
      DECLARE
        top_limit CONSTANT bigint := 4503599627370496;
        -- Transactions between two seals, of a cluster as busy as can be; a million starts behind forged rows fit below the limit.
        margin CONSTANT bigint := 4294967296;
        sealed bigint;
        known bigint;
        top bigint;
        moved boolean;
      BEGIN
        LOCK TABLE audit_position_base IN EXCLUSIVE MODE;
        SELECT coalesce((SELECT to_position FROM audit_seals ORDER BY number DESC LIMIT 1), 0) INTO sealed;
        SELECT greatest(sealed, base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint) + margin
          FROM audit_position_base INTO known;
        SELECT greatest((SELECT max(position) + 1 FROM audit_events WHERE position < known),
                        (SELECT max(position) + 1 FROM audit_calls WHERE position < known), sealed) INTO top;
        IF top > top_limit THEN
          RAISE EXCEPTION 'no transaction reached the position % that the last audit seal states', top
            USING ERRCODE = 'data_corrupted';
        END IF;
        UPDATE audit_position_base SET base = top - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
          WHERE top > base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
        GET DIAGNOSTICS moved = ROW_COUNT;
        RETURN moved;
      END $$`);
  }

  /** The first audit migration drops the function. Until then this version is better than the one it replaced. */
  async down(): Promise<void> {}
}
