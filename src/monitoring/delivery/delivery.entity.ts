import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Alert } from '../alerts/alert.entity.js';
import type { AlertBody } from '../alerts/alert-body.js';

/** Whether a message is still owed, has arrived, was not to be sent after all, or was given up. */
export type DeliveryState = 'pending' | 'delivered' | 'suppressed' | 'dead';

/** One message that is owed to one channel: written with the alert's change, so that none is lost (outbox). */
@Entity('monitoring_delivery')
@Check('monitoring_delivery_state_check', `state IN ('pending', 'delivered', 'suppressed', 'dead')`)
@Index('monitoring_delivery_pending_idx', ['channel', 'nextAttemptAt'], { where: `state = 'pending'` })
@Index('monitoring_delivery_over_idx', ['createdAt'], { where: `state IN ('delivered', 'suppressed')` })
export class Delivery {
  /** What the receiver recognises a repetition by. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'monitoring_delivery_pkey' })
  id: string;

  @Column('uuid', { name: 'alert_id' })
  @ForeignKey(() => Alert, { name: 'monitoring_delivery_alert_id_fkey', onDelete: 'CASCADE' })
  @Index('monitoring_delivery_alert_id_idx')
  alertId: string;

  @Column('text')
  channel: string;

  /** The alert as it was when it changed: what every attempt sends. */
  @Column('json')
  alert: AlertBody;

  @Column('text')
  state: DeliveryState;

  @Column('integer')
  attempts: number;

  /** Also the end of a worker's lease: one that dies in an attempt leaves it to be repeated then. */
  @Column({ type: 'timestamptz', name: 'next_attempt_at', precision: 3 })
  nextAttemptAt: Date;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Why the last attempt failed; for the operator. */
  @Column('text', { name: 'last_error', nullable: true })
  lastError: string | null;
}
