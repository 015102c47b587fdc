import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeBriefly } from '../brief-lock.js';

/** Bytes of a text, of which the service writes 512 UTF-16 code units at most, and of a digest, code, salt or commitment. */
const TEXT = 8192;
const HASH = 1024;
/** Bytes of details and of what a seal records, and of the members of a seal, which has 48 for each of some thousand entries. */
const JSON_TEXT = 1_048_576;
const MEMBERS = 67_108_864;

const SIZES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  audit_events: {
    ...each(['type', 'outcome', 'reason', 'address', 'user_agent', 'request_id'], TEXT),
    ...each(
      ['digest', 'mac', 'origin_salt', 'origin_commitment', 'details_salt', 'details_commitment'],
      HASH,
    ),
    'details::text': JSON_TEXT,
  },
  audit_calls: {
    ...each(['outcome', 'reason', 'address', 'user_agent', 'request_id', 'method', 'route'], TEXT),
    ...each(['digest', 'mac', 'origin_salt', 'origin_commitment'], HASH),
    'details::text': JSON_TEXT,
  },
  audit_seals: {
    ...each(['previous', 'hash', 'signature', 'mac', 'root'], HASH),
    ...each(['retired::text', 'key_change::text'], JSON_TEXT),
    members: MEMBERS,
  },
};

/**
 * Bounds for rows of the trail, far above what the service writes. Its role may insert any row, and one of some hundred
 * megabytes, which nobody can remove, could be read by no statement in time: neither verification nor the feed would ever get
 * past it. Rows that exist are not checked.
 */
export class EntrySizes1795400042000 implements MigrationInterface {
  readonly name = 'EntrySizes1795400042000';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, sizes] of Object.entries(SIZES)) {
      const bounds = Object.entries(sizes).map(([value, bytes]) => `octet_length(${value}) <= ${bytes}`);
      await changeBriefly(
        runner,
        table,
        `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${table}_sizes,
           ADD CONSTRAINT ${table}_sizes CHECK (${bounds.join(' AND ')}) NOT VALID`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(SIZES))
      await changeBriefly(runner, table, `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${table}_sizes`);
  }
}

function each(columns: readonly string[], bytes: number): Record<string, number> {
  return Object.fromEntries(columns.map((column) => [column, bytes]));
}
