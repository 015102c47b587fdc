/** How a message ends that its channel decided not to send. */
export const SUPPRESSED = 'suppressed';

/** How urgent a message is: of what is due, the more urgent is sent first. Stored as its place in this list. */
export const PRIORITIES = ['critical', 'normal', 'low'] as const;

/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/** A message on its way to its receiver. */
export interface OutboxDelivery {
  /** Stable over all attempts. */
  readonly id: string;
  readonly subject: string;
  /** As it was enqueued, once through JSON. */
  readonly payload: unknown;
  /** Aborted when the process shuts down; the attempt then fails and is repeated by another instance. */
  readonly signal: AbortSignal;
}

/** A way in which messages leave the outbox. */
export interface OutboxChannel {
  readonly name: string;
  /** Whether payloads hold secrets or personal data, and are therefore encrypted at rest. */
  readonly sealed: boolean;
  /**
   * Delivers, or throws: {@link PermanentFailure} for what a repetition cannot mend, anything else to be called again
   * later. The error's message is logged and stored in clear. Returns {@link SUPPRESSED} for what is not to be sent.
   */
  deliver(delivery: OutboxDelivery): Promise<void | typeof SUPPRESSED>;
}

/** The receiver refused the message for good. */
export class PermanentFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PermanentFailure';
  }
}

/** What is to be sent. */
export interface NewMessage {
  readonly channel: string;
  /** What the message is about, such as `user:<id>`; never an e-mail address. */
  readonly subject: string;
  /** Any JSON value. */
  readonly payload: unknown;
  readonly priority: Priority;
  /** Where it was attempted before it could be written, under this id. */
  readonly id?: string;
  /** Whether it has arrived already; written for the record only. */
  readonly isDelivered?: boolean;
}

/** A message that is given up. */
export interface DeadLetter {
  readonly id: string;
  readonly channel: string;
  readonly subject: string;
  /** Why the last attempt failed. */
  readonly error: string;
}

/** How one attempt ended; `failed` is tried again, `dead` is not. */
export interface DeliveryOutcome {
  readonly channel: string;
  readonly outcome: 'delivered' | typeof SUPPRESSED | 'failed' | 'dead';
}
