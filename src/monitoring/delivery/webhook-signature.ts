import { createHmac } from 'node:crypto';

/**
 * Returns the value of `Portcullis-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. The signature
 * covers the time, so that a receiver can detect a replay.
 */
export function webhookSignature(secret: string, unixSeconds: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${mac}`;
}
