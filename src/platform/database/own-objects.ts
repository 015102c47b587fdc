import { MIGRATIONS } from './migrations/migrations.js';

const CREATED =
  /\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+)?(TABLE|FUNCTION|SEQUENCE)\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([a-z]\w*)"?/gi;
const RENAMED = /\bALTER\s+(TABLE|FUNCTION|SEQUENCE)\s+"?[a-z]\w*"?\s+RENAME\s+TO\s+"?([a-z]\w*)"?/gi;

/** Names of the objects that the migrations create, by kind. */
export interface OwnObjects {
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  readonly sequences: readonly string[];
}

/**
 * Returns the objects in the schema that belong to the service. Extensions and other people's tables in the same schema
 * are not included, even if they have the same owner. Reads the names from the text of the migrations, so that there is
 * no second list to maintain; a contract test compares the result with a migrated database.
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
