import type { QueryRunner } from 'typeorm';

/** The record of applied migrations, which only the owner writes. */
const MIGRATIONS_TABLE = 'migrations';

/**
 * Gives the service's role what it needs on the current schema and no more: rows of every table may be read and
 * written, but the audit tables (`audit_*`) only read and added to, so that not even a fully compromised service
 * can rewrite the trail. Idempotent; run by the owner after every migration, because a new table starts with
 * no grants at all.
 */
export async function grantToService(queryRunner: QueryRunner, serviceRole: string): Promise<void> {
  const [{ role, schema, tables }] = (await queryRunner.query(
    `SELECT quote_ident($1) AS role, quote_ident(current_schema()) AS schema,
            ARRAY(SELECT relname::text FROM pg_class
                  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                  ORDER BY relname) AS tables`,
    [serviceRole],
  )) as [{ role: string; schema: string; tables: string[] }];

  await queryRunner.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  for (const table of tables) {
    const qualified = `${schema}."${table.replaceAll('"', '""')}"`;
    await queryRunner.query(`REVOKE ALL ON ${qualified} FROM ${role}`);
    await queryRunner.query(`GRANT ${privilegesOn(table)} ON ${qualified} TO ${role}`);
  }
  await queryRunner.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`);
  await queryRunner.query(`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO ${role}`);
}

function privilegesOn(table: string): string {
  if (table === MIGRATIONS_TABLE) return 'SELECT';
  return table.startsWith('audit_') ? 'SELECT, INSERT' : 'SELECT, INSERT, UPDATE, DELETE';
}
