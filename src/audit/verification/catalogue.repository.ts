import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntryTable } from '../entry/entries.repository.js';

/** A property of a table of the trail that is not as the migrations created it. */
export interface CatalogueFinding {
  /** The name of the relation, without its schema. */
  readonly relation: string;
  readonly what: string;
  /** Whether it affects which entries a reader sees. */
  readonly hides: boolean;
}

/** SQLSTATE `insufficient_privilege`. */
const INSUFFICIENT_PRIVILEGE = '42501';

/** Whether PostgreSQL refused a statement because a policy would filter its rows, which it does with `row_security` off. */
export function isRefusedByPolicy(error: unknown): boolean {
  return (error as { code?: string }).code === INSUFFICIENT_PRIVILEGE;
}

/**
 * Checks each table and its partitions. A trigger, a rule or a policy can drop, change or hide rows without an error.
 * Without its primary key, a table may contain an entry twice. A relation of the same name that comes first in the
 * search path replaces the table.
 */
const FINDINGS = `
  WITH named AS (
    SELECT name, to_regclass(name)::oid AS oid
    FROM unnest(ARRAY['audit_events', 'audit_calls', 'audit_seals']) AS name
  ), part AS (
    SELECT oid, true AS root FROM named WHERE oid IS NOT NULL
    UNION ALL SELECT inhrelid, false FROM pg_inherits JOIN named ON inhparent = named.oid
  ), relation AS (
    SELECT part.root, class.* FROM part JOIN pg_class AS class USING (oid)
  )
  SELECT name AS relation, 'The table cannot be found.' AS what, true AS hides FROM named WHERE oid IS NULL
  UNION ALL
  SELECT relname, 'It is not the kind of relation that it was created as.', true FROM relation
    WHERE relkind <> CASE WHEN root THEN 'p' ELSE 'r' END
  UNION ALL
  SELECT relname, 'It has row-level security.', true FROM relation
    WHERE relrowsecurity OR relforcerowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = relation.oid)
  UNION ALL
  SELECT relname, format('It has the rule %s.', rulename), false FROM relation
    JOIN pg_rewrite ON ev_class = relation.oid WHERE relkind <> 'v'
  UNION ALL
  SELECT relname, format('It has the trigger %s, which is not part of the product.', tgname), false FROM relation
    JOIN pg_trigger ON tgrelid = relation.oid
    WHERE NOT tgisinternal AND NOT (tgname = 'audit_append_only' AND tgtype = 58
      AND tgfoid = to_regprocedure('audit_refuse_change()'))
  UNION ALL
  SELECT relname, 'Its trigger that refuses changes is missing or disabled.', false FROM relation
    WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation.oid AND tgname = 'audit_append_only'
      AND tgtype = 58 AND tgenabled IN ('O', 'A'))
  UNION ALL
  SELECT relname, 'It has no valid primary key of its own.', false FROM relation
    WHERE NOT EXISTS (SELECT FROM pg_index AS index WHERE indrelid = relation.oid AND indisprimary AND indisunique
      AND indisvalid AND indpred IS NULL AND indexprs IS NULL AND indnkeyatts = 2)
  UNION ALL
  SELECT name, 'Another relation of this name is in the search path.', true FROM named
    WHERE (SELECT count(*) FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
           WHERE relname = name AND nspname = ANY (current_schemas(true))) > 1
  UNION ALL
  SELECT name, 'The tables are not in the schema of the functions that write them.', true FROM named
    JOIN pg_class USING (oid)
    WHERE relnamespace IS DISTINCT FROM
      (SELECT pronamespace FROM pg_proc WHERE pg_proc.oid = to_regprocedure('audit_make_month(date)'))
  ORDER BY relation, what`;

/** Reads the definitions of the trail's tables from the system catalogues. */
@Injectable()
export class CatalogueRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Returns what is not as the migrations created it. */
  async findings(): Promise<CatalogueFinding[]> {
    return this.dataSource.query<CatalogueFinding[]>(FINDINGS);
  }

  /** Returns ids that a table contains more than once. Reads the whole table; used if its primary key is missing. */
  async repeatedIds(table: EntryTable, limit: number): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT id FROM ${table} GROUP BY id HAVING count(*) > 1 ORDER BY min(position) LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }
}
