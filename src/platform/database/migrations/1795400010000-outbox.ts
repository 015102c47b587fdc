import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One outbox for all modules, and the mails that development catches. `monitoring_delivery` stays: during an upgrade,
 * instances of the previous version write to it and drain it, and a rollback finds it unchanged. The new version takes
 * over messages that are due and that no worker of the old version holds (`former-deliveries.ts`). It also moves the
 * rows that were pending when the upgrade began. A later release drops the table.
 */
export class Outbox1795400010000 implements MigrationInterface {
  readonly name = 'Outbox1795400010000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox_messages (
        id uuid NOT NULL,
        channel text NOT NULL,
        subject text NOT NULL,
        priority smallint NOT NULL,
        payload json,
        sealed bytea,
        state text NOT NULL,
        attempts integer NOT NULL,
        next_attempt_at timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        last_error text,
        CONSTRAINT outbox_messages_pkey PRIMARY KEY (id),
        CONSTRAINT outbox_messages_state_check CHECK (state IN ('pending', 'delivered', 'suppressed', 'dead')),
        CONSTRAINT outbox_messages_payload_check CHECK (payload IS NULL OR sealed IS NULL)
      )`);
    await runner.query(`
      CREATE INDEX outbox_messages_pending_idx ON outbox_messages (channel, priority, next_attempt_at)
      WHERE state = 'pending'`);
    await runner.query(`
      CREATE INDEX outbox_messages_over_idx ON outbox_messages (created_at) WHERE state <> 'pending'`);
    await runner.query('CREATE INDEX outbox_messages_subject_idx ON outbox_messages (subject, channel)');
    // Orders mails by arrival: ids are assigned earlier, and the clocks of two instances differ.
    await runner.query(`
      CREATE TABLE caught_mails (
        position bigint GENERATED ALWAYS AS IDENTITY,
        id uuid NOT NULL,
        sealed bytea NOT NULL,
        created_at timestamptz(3) NOT NULL,
        CONSTRAINT caught_mails_pkey PRIMARY KEY (position),
        CONSTRAINT caught_mails_id_key UNIQUE (id)
      )`);
  }

  /**
   * Pending alert messages return to the previous version. Mails are lost, because that version does not support them.
   */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO monitoring_delivery (id, alert_id, channel, alert, state, attempts, next_attempt_at, created_at, last_error)
      SELECT id, (payload->>'id')::uuid, channel, payload, state, attempts, next_attempt_at, created_at, last_error
      FROM outbox_messages
      WHERE state = 'pending' AND payload IS NOT NULL
        AND EXISTS (SELECT FROM monitoring_alert WHERE monitoring_alert.id = (payload->>'id')::uuid)`);
    await runner.query('DROP TABLE caught_mails, outbox_messages');
  }
}
