import { describe, expect, it } from 'vitest';
import { bodySignature, signatureFault } from './body-signature.js';

const secret = 'a shared secret';
const SIGNED_AT = 1795400000;
// printf '1795400000.{"a":1}' | openssl dgst -sha256 -hmac 'a shared secret'
const SIGNATURE = 't=1795400000,v1=78261f7a6afd17bceeac3892ac329ed28a7a0077add342a4b311ce261fd3ae32';

describe('bodySignature', () => {
  it('equals the output of `openssl dgst -sha256 -hmac` for time and body', () => {
    expect(bodySignature(secret, SIGNED_AT, '{"a":1}')).toBe(SIGNATURE);
  });
});

describe('signatureFault', () => {
  const body = Buffer.from('{"a":1}');
  const faultOf = (received: unknown, changes: object = {}) =>
    signatureFault(received, { secret, body, nowMs: SIGNED_AT * 1000, ...changes });

  it('is null for a signature of these bytes, up to 300 s before or after now', () => {
    expect(faultOf(SIGNATURE)).toBeNull();
    for (const seconds of [-300, 300])
      expect(faultOf(SIGNATURE, { nowMs: (SIGNED_AT + seconds) * 1000 })).toBeNull();
    for (const seconds of [-301, 301])
      expect(faultOf(SIGNATURE, { nowMs: (SIGNED_AT + seconds) * 1000 })).toBe('expired');
  });

  it('names a missing field, and a signature of other bytes, another time or with another secret', () => {
    expect(faultOf(undefined)).toBe('missing');
    expect(faultOf(SIGNATURE, { body: Buffer.from('{"a":1} ') })).toBe('bad_signature');
    expect(faultOf(SIGNATURE, { secret: 'another secret' })).toBe('bad_signature');
    for (const forged of [
      '',
      [SIGNATURE, SIGNATURE],
      SIGNATURE.replace('t=1795400000', 't=1795400001'),
      SIGNATURE.toUpperCase(),
      `${SIGNATURE},v1=${'0'.repeat(64)}`,
      't=1795400000,v1=',
      't=,v1=78261f7a6afd17bceeac3892ac329ed28a7a0077add342a4b311ce261fd3ae32',
    ])
      expect(faultOf(forged)).toBe('bad_signature');
  });
});
