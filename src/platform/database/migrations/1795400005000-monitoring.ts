import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Alerts, their pending messages and recipients, and the position up to which detection has read. */
export class Monitoring1795400005000 implements MigrationInterface {
  readonly name = 'Monitoring1795400005000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE monitoring_alert (
        id uuid NOT NULL,
        rule text NOT NULL,
        severity text NOT NULL,
        subject text NOT NULL,
        state text NOT NULL,
        count integer NOT NULL,
        first_seen_at timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        evidence jsonb NOT NULL,
        acknowledged_by uuid,
        resolved_by uuid,
        CONSTRAINT monitoring_alert_pkey PRIMARY KEY (id),
        CONSTRAINT monitoring_alert_rule_subject_key UNIQUE (rule, subject),
        CONSTRAINT monitoring_alert_severity_check CHECK (severity IN ('info', 'warning', 'critical')),
        CONSTRAINT monitoring_alert_state_check CHECK (state IN ('open', 'acknowledged', 'resolved'))
      )`);
    await queryRunner.query(
      'CREATE INDEX monitoring_alert_recent_idx ON monitoring_alert (last_seen_at, id)',
    );
    // Only a few alerts among years of them are unresolved, and queries look for those.
    await queryRunner.query(`
      CREATE INDEX monitoring_alert_unresolved_idx ON monitoring_alert (last_seen_at, id)
      WHERE state <> 'resolved'`);
    await queryRunner.query(`
      CREATE TABLE monitoring_delivery (
        id uuid NOT NULL,
        alert_id uuid NOT NULL,
        channel text NOT NULL,
        alert json NOT NULL,
        state text NOT NULL,
        attempts integer NOT NULL,
        next_attempt_at timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        last_error text,
        CONSTRAINT monitoring_delivery_pkey PRIMARY KEY (id),
        CONSTRAINT monitoring_delivery_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES monitoring_alert (id) ON DELETE CASCADE,
        CONSTRAINT monitoring_delivery_state_check CHECK (state IN ('pending', 'delivered', 'dead'))
      )`);
    await queryRunner.query(
      'CREATE INDEX monitoring_delivery_alert_id_idx ON monitoring_delivery (alert_id)',
    );
    await queryRunner.query(`
      CREATE INDEX monitoring_delivery_pending_idx ON monitoring_delivery (channel, next_attempt_at)
      WHERE state = 'pending'`);
    // One row: the last entry that detection has processed. Compare-and-set prevents two leaders from both moving it.
    await queryRunner.query(`
      CREATE TABLE monitoring_detection (
        id boolean PRIMARY KEY DEFAULT true CHECK (id),
        position text,
        entry_id uuid,
        entry_time timestamptz(3)
      )`);
    await queryRunner.query('INSERT INTO monitoring_detection DEFAULT VALUES');
    // One row per five minutes with events: the position of the trail at the start, and the number of logins.
    await queryRunner.query(`
      CREATE TABLE monitoring_detection_slot (
        slot timestamptz(3) PRIMARY KEY,
        position text NOT NULL,
        attempts integer NOT NULL,
        failures integer NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'DROP TABLE monitoring_detection_slot, monitoring_detection, monitoring_delivery, monitoring_alert',
    );
  }
}
