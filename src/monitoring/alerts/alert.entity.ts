import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { Evidence } from './alert-kind.js';
import type { Severity } from './severity.js';

/** The states of an alert. A database constraint contains the same list. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const;

/** New, being handled, or closed; a closed alert reopens when its cause recurs. */
export type AlertState = (typeof ALERT_STATES)[number];

/**
 * Records that a rule is, or was, true of a subject. There is one row per rule and subject. A recurrence reopens it,
 * so that the id in a ticket stays valid. The audit trail records who closed earlier episodes.
 */
@Entity('monitoring_alert')
@Unique('monitoring_alert_rule_subject_key', ['rule', 'subject'])
@Index('monitoring_alert_recent_idx', ['lastSeenAt', 'id'])
@Index('monitoring_alert_unresolved_idx', ['lastSeenAt', 'id'], { where: `state <> 'resolved'` })
@Check('monitoring_alert_severity_check', `severity IN ('info', 'warning', 'critical')`)
@Check('monitoring_alert_state_check', `state IN ('open', 'acknowledged', 'resolved')`)
export class Alert {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'monitoring_alert_pkey' })
  id: string;

  @Column('text')
  rule: string;

  @Column('text')
  severity: Severity;

  @Column('text')
  subject: string;

  @Column('text')
  state: AlertState;

  /** Occurrences in all episodes. */
  @Column('integer')
  count: number;

  @Column({ type: 'timestamptz', name: 'first_seen_at', precision: 3 })
  firstSeenAt: Date;

  @Column({ type: 'timestamptz', name: 'last_seen_at', precision: 3 })
  lastSeenAt: Date;

  /** The evidence of the last occurrence. */
  @Column('jsonb')
  evidence: Evidence;

  /** The id of the user or service account that acknowledged it; null if nobody did. */
  @Column('uuid', { name: 'acknowledged_by', nullable: true })
  acknowledgedBy: string | null;

  /** The id of the user or service account that resolved it; null in state `resolved` if the cause ended on its own. */
  @Column('uuid', { name: 'resolved_by', nullable: true })
  resolvedBy: string | null;
}
