import type { SUPPRESSED } from '../../platform/outbox/outbox-channel.js';
import type { AlertBody } from './alert-body.js';
import type { AlertChange } from './alert-change.js';

/** An alert to be delivered over one channel. */
export interface Message {
  /** The same for every attempt. */
  readonly deliveryId: string;
  readonly alert: AlertBody;
  /** Aborts the attempt. */
  readonly signal: AbortSignal;
}

/** Delivers alerts to a receiver outside the service, or responds to them within it. */
export interface DeliveryChannel {
  readonly name: string;
  /** Whether the channel works while PostgreSQL is unavailable. */
  readonly standsAlone: boolean;
  /** Whether a change is to be delivered over this channel; false if the channel is not configured. */
  wants(change: AlertChange): boolean;
  /** The contents of the channel's messages. If absent, the public form of the alert is sent. */
  bodyOf?(change: AlertChange): AlertBody;
  /**
   * Delivers a message. Throws an error whose message tells the operator the reason for a failure. Returns
   * {@link SUPPRESSED} for a message that must not be sent.
   */
  deliver(message: Message): Promise<void | typeof SUPPRESSED>;
}

/** The injection token for all channels. */
export const DELIVERY_CHANNELS = Symbol('portcullis.delivery-channels');

/**
 * Whether a change is announced: an alert that opens, reopens or becomes more severe is, and a further occurrence if its
 * kind announces each; one that only counts up is not.
 */
export function isAnnounced({ transition }: AlertChange): boolean {
  return transition !== 'counted';
}
