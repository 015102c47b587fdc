import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Whether a message is pending, delivered, suppressed by its channel, or given up. */
export type MessageState = 'pending' | 'delivered' | 'suppressed' | 'dead';

/** A message for one channel, written in the transaction of its cause so that none is lost. */
@Entity('outbox_messages')
@Check('outbox_messages_state_check', `state IN ('pending', 'delivered', 'suppressed', 'dead')`)
@Check('outbox_messages_payload_check', `payload IS NULL OR sealed IS NULL`)
@Index('outbox_messages_pending_idx', ['channel', 'priority', 'nextAttemptAt'], {
  where: `state = 'pending'`,
})
@Index('outbox_messages_over_idx', ['createdAt'], { where: `state <> 'pending'` })
@Index('outbox_messages_subject_idx', ['subject', 'channel'])
export class OutboxMessage {
  /** What the receiver recognises a repetition by. */
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

  /** What every attempt sends; null where it is sealed, and once the message is over. */
  @Column('json', { nullable: true })
  payload: unknown;

  /** The payload of a channel whose payloads are encrypted at rest; null once the message is over. */
  @Column('bytea', { nullable: true })
  sealed: Buffer | null;

  @Column('text')
  state: MessageState;

  /** Grows with every claim, and so names the claim: a worker that lost its lease changes nothing any more. */
  @Column('integer')
  attempts: number;

  /** Also the end of a worker's lease: a message whose worker dies is attempted again then. */
  @Column({ type: 'timestamptz', name: 'next_attempt_at', precision: 3 })
  nextAttemptAt: Date;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Why the last attempt failed; for the operator. */
  @Column('text', { name: 'last_error', nullable: true })
  lastError: string | null;
}
