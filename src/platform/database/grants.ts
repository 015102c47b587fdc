import type { QueryRunner } from 'typeorm';
import { ownObjects } from './own-objects.js';

/** The table of applied migrations, which only the owner writes. */
const MIGRATIONS_TABLE = 'migrations';

interface Found {
  readonly role: string;
  readonly schema: string;
  readonly tables: readonly string[];
  readonly sequences: readonly string[];
  readonly functions: readonly string[];
}

/**
 * Grants the service's role the privileges it needs on the service's own objects, by name, and no others. It can read
 * and write the rows of every table except the audit tables (`audit_*`), which it can only read and insert into, so
 * that even a fully compromised service cannot rewrite the trail. It can call the functions of the trail: PostgreSQL cannot
 * recognise a forged event `personal_data_erased`, after which `audit_erase` empties the personal members of a person's entries.
 * Verification reports the event and each such entry, but the members are lost. Nothing else in the schema is changed.
 * Idempotent; the owner runs it after every migration, because a new table has no grants.
 */
export async function grantToService(queryRunner: QueryRunner, serviceRole: string): Promise<void> {
  const { role, schema, tables, sequences, functions } = await find(queryRunner, serviceRole);
  await queryRunner.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  for (const table of tables) {
    const qualified = `${schema}."${table.replaceAll('"', '""')}"`;
    await queryRunner.query(`REVOKE ALL ON ${qualified} FROM ${role}`);
    await queryRunner.query(`GRANT ${privilegesOn(table)} ON ${qualified} TO ${role}`);
  }
  for (const sequence of sequences) await queryRunner.query(`GRANT USAGE ON SEQUENCE ${sequence} TO ${role}`);
  for (const signature of functions)
    await queryRunner.query(`GRANT EXECUTE ON FUNCTION ${signature} TO ${role}`);
}

/**
 * Finds those of the service's objects that exist in the current schema. Names are quoted; functions include arguments.
 */
async function find(queryRunner: QueryRunner, serviceRole: string): Promise<Found> {
  const own = ownObjects();
  const [found] = (await queryRunner.query(
    `SELECT quote_ident($1) AS role, quote_ident(current_schema()) AS schema,
       ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
               AND relkind IN ('r', 'p') AND NOT relispartition AND relname = ANY ($2) ORDER BY relname) AS tables,
       ARRAY(SELECT oid::regclass::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
               AND relkind = 'S' AND (relname = ANY ($3) OR EXISTS (
                 SELECT FROM pg_depend JOIN pg_class AS used ON used.oid = refobjid
                 WHERE objid = pg_class.oid AND deptype IN ('a', 'i') AND used.relname = ANY ($2)))) AS sequences,
       ARRAY(SELECT oid::regprocedure::text FROM pg_proc
             WHERE pronamespace = current_schema()::regnamespace AND proname = ANY ($4)) AS functions`,
    [serviceRole, own.tables, own.sequences, own.functions],
  )) as [Found];
  return found;
}

function privilegesOn(table: string): string {
  if (table === MIGRATIONS_TABLE) return 'SELECT';
  return table.startsWith('audit_') ? 'SELECT, INSERT' : 'SELECT, INSERT, UPDATE, DELETE';
}
