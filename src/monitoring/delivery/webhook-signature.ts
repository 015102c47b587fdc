import { createHmac } from 'node:crypto';

/**
 * The value of `Portcullis-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. The time is under the
 * signature, so that a receiver can refuse what somebody recorded and sends again later.
 */
export function webhookSignature(secret: string, unixSeconds: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${mac}`;
}
