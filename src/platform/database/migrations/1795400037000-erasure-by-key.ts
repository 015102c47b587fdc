import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The function that erases finds calls by their primary key. Before, the planner could choose the index by user, if its
 * statistics did not know the person yet: it takes them for one entry, and the statement then passes over all earlier
 * entries of the person for each one of the page.
 */
export class ErasureByKey1795400037000 implements MigrationInterface {
  readonly name = 'ErasureByKey1795400037000';

  async up(runner: QueryRunner): Promise<void> {
    await replaceFunction(runner, 'user_id::text = person::text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceFunction(runner, 'user_id = person');
  }
}

/** Replaces the function, of which only the comparison of a call's user differs; its privileges stay. */
async function replaceFunction(runner: QueryRunner, isTheirCall: string): Promise<void> {
  const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
    { schema: string },
  ];
  await runner.query(`
    CREATE OR REPLACE FUNCTION audit_erase(person uuid, entries json) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
    DECLARE
      erased bigint;
    BEGIN
      IF NOT EXISTS (
        SELECT FROM audit_events WHERE type = 'personal_data_erased' AND user_id = person
          AND position < (SELECT to_position FROM audit_seals ORDER BY number DESC LIMIT 1)) THEN
        RAISE EXCEPTION 'no sealed event states that % is erased', person USING ERRCODE = 'insufficient_privilege';
      END IF;
      PERFORM set_config('portcullis.audit_erasing', 'on', true);
      WITH entry AS MATERIALIZED (
        SELECT * FROM json_to_recordset(entries) AS entry(
          time timestamptz, id uuid, kind text, "originCommitment" bytea, "detailsCommitment" bytea)
      ), call AS (
        UPDATE audit_calls SET address = NULL, user_agent = NULL, origin_salt = NULL,
          origin_commitment = entry."originCommitment"
        FROM entry
        WHERE entry.kind = 'call' AND audit_calls.time = entry.time AND audit_calls.id = entry.id
          AND ${isTheirCall} AND origin_salt IS NOT NULL AND length(entry."originCommitment") = 32
        RETURNING 1
      ), event AS (
        UPDATE audit_events SET
          address = CASE WHEN entry."originCommitment" IS NULL THEN address END,
          user_agent = CASE WHEN entry."originCommitment" IS NULL THEN user_agent END,
          origin_salt = CASE WHEN entry."originCommitment" IS NULL THEN origin_salt END,
          origin_commitment = coalesce(entry."originCommitment", origin_commitment),
          details = CASE WHEN entry."detailsCommitment" IS NULL THEN details
                         ELSE details - ARRAY['account', 'auditReason', 'pointers'] END,
          details_salt = CASE WHEN entry."detailsCommitment" IS NULL THEN details_salt END,
          details_commitment = coalesce(entry."detailsCommitment", details_commitment)
        FROM entry
        WHERE entry.kind = 'event' AND audit_events.time = entry.time AND audit_events.id = entry.id
          AND (entry."originCommitment" IS NULL OR origin_salt IS NOT NULL AND length(entry."originCommitment") = 32
               AND person::text = CASE WHEN details ? 'actorId' THEN details->>'actorId' ELSE user_id::text END)
          AND (entry."detailsCommitment" IS NULL OR details_salt IS NOT NULL AND length(entry."detailsCommitment") = 32
               AND user_id = person)
        RETURNING 1
      )
      SELECT (SELECT count(*) FROM call) + (SELECT count(*) FROM event) INTO erased;
      PERFORM set_config('portcullis.audit_erasing', 'off', true);
      RETURN erased;
    END $$`);
}
