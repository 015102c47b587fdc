/** The final state of a message that its channel decided not to send. */
export const SUPPRESSED = 'suppressed';

/** Priorities of messages. Of those due, the most urgent is sent first. Stored as the index in this list. */
export const PRIORITIES = ['critical', 'normal', 'low'] as const;

/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/** A message to be delivered. */
export interface OutboxDelivery {
  /** The same for every attempt. */
  readonly id: string;
  readonly subject: string;
  /** The enqueued payload, after serialisation to JSON and back. */
  readonly payload: unknown;
  /** Why the last attempt failed; null if none has. */
  readonly lastError: string | null;
  /** Aborted when the process shuts down. The attempt then fails, and another instance retries it. */
  readonly signal: AbortSignal;
}

/** Delivers messages from the outbox to one kind of receiver. */
export interface OutboxChannel {
  readonly name: string;
  /** Whether payloads contain secrets or personal data and are therefore encrypted at rest. */
  readonly sealed: boolean;
  /**
   * Delivers a message. Throws {@link PermanentFailure} if retrying cannot help, and any other error to be called
   * again later. The error message is logged and stored in clear text. Returns {@link SUPPRESSED} for a message that
   * must not be sent.
   */
  deliver(delivery: OutboxDelivery): Promise<void | typeof SUPPRESSED>;
}

/** The receiver refused the message permanently. */
export class PermanentFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PermanentFailure';
  }
}

/** A message to enqueue. */
export interface NewMessage {
  readonly channel: string;
  /** What the message is about, such as `user:<id>`; never an e-mail address. */
  readonly subject: string;
  /** Any JSON value. */
  readonly payload: unknown;
  readonly priority: Priority;
  /** The id under which delivery was attempted before the message could be written. */
  readonly id?: string;
  /** Whether it has already been delivered and is written only for the record. */
  readonly isDelivered?: boolean;
}

/** A message whose delivery was abandoned. */
export interface DeadLetter {
  readonly id: string;
  readonly channel: string;
  readonly subject: string;
  /** Why the last attempt failed. */
  readonly error: string;
}

/** How an attempt may end. A `failed` message is retried, a `dead` one is not. */
export const DELIVERY_OUTCOMES = ['delivered', SUPPRESSED, 'failed', 'dead'] as const;

/** How an attempt of a channel ended. */
export interface DeliveryOutcome {
  readonly channel: string;
  readonly outcome: (typeof DELIVERY_OUTCOMES)[number];
}
