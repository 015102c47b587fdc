import { MIGRATIONS } from './migrations/migrations.js';

const CREATED =
  /\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+)?(TABLE|FUNCTION|SEQUENCE)\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([a-z]\w*)"?/gi;
const RENAMED = /\bALTER\s+(TABLE|FUNCTION|SEQUENCE)\s+"?[a-z]\w*"?\s+RENAME\s+TO\s+"?([a-z]\w*)"?/gi;

/** The names of what the migrations make, by kind. */
export interface OwnObjects {
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  readonly sequences: readonly string[];
}

/**
 * What belongs to the service in its schema: an extension or a table of somebody else's in the same schema is none of
 * it, even with the same owner. Read from the text of the migrations, so that no second list has to be kept; a contract
 * test compares it with a migrated database.
 */
export function ownObjects(): OwnObjects {
  const names = { TABLE: new Set(['migrations']), FUNCTION: new Set<string>(), SEQUENCE: new Set<string>() };
  for (const Migration of MIGRATIONS) {
    const text = Function.prototype.toString.call(Migration);
    for (const [, kind, name] of [...text.matchAll(CREATED), ...text.matchAll(RENAMED)]) {
      names[kind!.toUpperCase() as keyof typeof names].add(name!);
    }
  }
  return { tables: [...names.TABLE], functions: [...names.FUNCTION], sequences: [...names.SEQUENCE] };
}
