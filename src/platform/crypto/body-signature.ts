import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header field of a signature. */
export const SIGNATURE_FIELD = 'portcullis-signature';

const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;

/** How far the time of a signature may be from now, seconds; later it may be a replay. */
const MAX_AGE_SECONDS = 300;

/** Why a signature is not accepted. */
export type SignatureFault = 'missing' | 'bad_signature' | 'expired';

/**
 * Returns the value of `Portcullis-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. The signature
 * covers the time, so that a receiver can detect a replay.
 */
export function bodySignature(secret: string, unixSeconds: number, body: string): string {
  return `t=${unixSeconds},v1=${macOf(secret, String(unixSeconds), Buffer.from(body)).toString('hex')}`;
}

/** Returns why a received signature is not that of a body, at most 300 s old; null if it is. */
export function signatureFault(
  received: unknown,
  { secret, body, nowMs }: { readonly secret: string; readonly body: Buffer; readonly nowMs: number },
): SignatureFault | null {
  if (received === undefined) return 'missing';
  const [, time, mac] = (typeof received === 'string' && SIGNATURE.exec(received)) || [];
  if (time === undefined || mac === undefined) return 'bad_signature';
  if (!timingSafeEqual(macOf(secret, time, body), Buffer.from(mac, 'hex'))) return 'bad_signature';
  return Math.abs(nowMs / 1000 - Number(time)) > MAX_AGE_SECONDS ? 'expired' : null;
}

function macOf(secret: string, time: string, body: Buffer): Buffer {
  return createHmac('sha256', secret).update(`${time}.`).update(body).digest();
}
