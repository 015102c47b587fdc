import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Whether a message is pending, delivered, suppressed by its channel, or abandoned. */
export type MessageState = 'pending' | 'delivered' | 'suppressed' | 'dead';

/** A message for one channel, written in the transaction that causes it so that none is lost. */
@Entity('outbox_messages')
@Check('outbox_messages_state_check', `state IN ('pending', 'delivered', 'suppressed', 'dead')`)
@Check('outbox_messages_payload_check', `payload IS NULL OR sealed IS NULL`)
@Index('outbox_messages_pending_idx', ['channel', 'priority', 'nextAttemptAt'], {
  where: `state = 'pending'`,
})
@Index('outbox_messages_over_idx', ['createdAt'], { where: `state <> 'pending'` })
@Index('outbox_messages_subject_idx', ['subject', 'channel'])
export class OutboxMessage {
  /** Lets the receiver recognise a duplicate. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'outbox_messages_pkey' })
  id: string;

  @Column('text')
  channel: string;

  /** What the message is about; never an e-mail address. */
  @Column('text')
  subject: string;

  /** 0 is the most urgent. */
  @Column('smallint')
  priority: number;

  /** The payload, sent by every attempt; null if it is encrypted, and once the message is finished. */
  @Column('json', { nullable: true })
  payload: unknown;

  /** The encrypted payload, for channels that encrypt at rest; null once the message is finished. */
  @Column('bytea', { nullable: true })
  sealed: Buffer | null;

  @Column('text')
  state: MessageState;

  /**
   * Incremented by every claim and therefore identifies the claim: a worker that has lost its lease can no longer
   * change the row.
   */
  @Column('integer')
  attempts: number;

  /** Also the end of a worker's lease: if the worker dies, the message is attempted again at this time. */
  @Column({ type: 'timestamptz', name: 'next_attempt_at', precision: 3 })
  nextAttemptAt: Date;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Why the last attempt failed; for the operator. */
  @Column('text', { name: 'last_error', nullable: true })
  lastError: string | null;
}
