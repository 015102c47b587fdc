import type { SUPPRESSED } from '../../platform/outbox/outbox-channel.js';
import type { AlertBody } from './alert-body.js';
import type { AlertChange } from './alert-change.js';

/** One alert on its way to one channel. */
export interface Message {
  /** Stable over all attempts. */
  readonly deliveryId: string;
  readonly alert: AlertBody;
  /** Aborts the attempt. Without it the channel takes at most half a minute. */
  readonly signal?: AbortSignal;
}

/** A way in which alerts leave the service, or a response to them within it. */
export interface DeliveryChannel {
  readonly name: string;
  /** Whether a message can be delivered while PostgreSQL is away. */
  readonly standsAlone: boolean;
  /** Whether this change is to be delivered here; false for a channel that is not configured. */
  wants(change: AlertChange): boolean;
  /** What its message says of the alert; the public form for a channel that does not have this. */
  bodyOf?(change: AlertChange): AlertBody;
  /**
   * Delivers, or throws an error whose message tells the operator why it could not. Returns {@link SUPPRESSED} for a
   * message that is not to be sent.
   */
  deliver(message: Message): Promise<void | typeof SUPPRESSED>;
}

/** The injection token of all channels. */
export const DELIVERY_CHANNELS = Symbol('portcullis.delivery-channels');

/** Whether people are told of a change: when an alert opens, reopens or rises, and not when it counts up. */
export function isAnnounced({ transition }: AlertChange): boolean {
  return transition !== 'counted';
}
