import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Entries whose personal members are sealed by salted commitments, so that they can be erased while the seals stay valid.
 *
 * - A salt is random and belongs to one part of one entry. An erased part has its commitment instead. An entry without
 *   either has format 1.
 * - Seals state their format. The column has no default, so that a sealer of the previous version, which cannot read
 *   seals of format 2 and would continue from an older one, adds none.
 * - The function that erases is the only way to change an entry. It acts only on the entries of a person about whom the
 *   trail has a sealed event `personal_data_erased`. The setting that the trigger reads gives nobody the privilege to
 *   update the tables.
 */
export class TrailFormat21795400021000 implements MigrationInterface {
  readonly name = 'TrailFormat21795400021000';

  async up(runner: QueryRunner): Promise<void> {
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    await runner.query(`
      ALTER TABLE audit_events ADD COLUMN origin_salt bytea, ADD COLUMN origin_commitment bytea,
        ADD COLUMN details_salt bytea, ADD COLUMN details_commitment bytea`);
    await runner.query(
      'ALTER TABLE audit_calls ADD COLUMN origin_salt bytea, ADD COLUMN origin_commitment bytea',
    );
    await runner.query(
      'ALTER TABLE audit_seals ADD COLUMN format smallint NOT NULL DEFAULT 1, ADD COLUMN root bytea',
    );
    await runner.query('ALTER TABLE audit_seals ALTER COLUMN format DROP DEFAULT');
    await runner.query('CREATE INDEX audit_seals_positions ON audit_seals (to_position)');
    await runner.query(
      `CREATE INDEX audit_events_actor ON audit_events ((details->>'actorId'), time) WHERE details ? 'actorId'`,
    );
    await runner.query(`
      CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('audit_events', 'audit_calls')
          AND current_setting('portcullis.audit_erasing', true) = 'on' THEN
          RETURN NULL;
        END IF;
        RAISE EXCEPTION 'the audit trail can only be added to' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`
      CREATE FUNCTION audit_erase(person uuid, entries json) RETURNS bigint
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
            AND user_id = person AND origin_salt IS NOT NULL AND length(entry."originCommitment") = 32
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
    await runner.query('REVOKE EXECUTE ON FUNCTION audit_erase(uuid, json) FROM PUBLIC');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit_erase(uuid, json)');
    await runner.query(`
      CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the audit trail can only be added to' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query('DROP INDEX audit_events_actor');
    await runner.query('DROP INDEX audit_seals_positions');
    await runner.query('ALTER TABLE audit_seals DROP COLUMN format, DROP COLUMN root');
    await runner.query('ALTER TABLE audit_calls DROP COLUMN origin_salt, DROP COLUMN origin_commitment');
    await runner.query(`
      ALTER TABLE audit_events DROP COLUMN origin_salt, DROP COLUMN origin_commitment,
        DROP COLUMN details_salt, DROP COLUMN details_commitment`);
  }
}
