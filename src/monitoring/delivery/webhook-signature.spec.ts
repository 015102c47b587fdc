import { describe, expect, it } from 'vitest';
import { webhookSignature } from './webhook-signature.js';

describe('webhookSignature', () => {
  it('equals the output of `openssl dgst -sha256 -hmac` for time and body', () => {
    // printf '1795400000.{"a":1}' | openssl dgst -sha256 -hmac 'a shared secret'
    expect(webhookSignature('a shared secret', 1795400000, '{"a":1}')).toBe(
      't=1795400000,v1=78261f7a6afd17bceeac3892ac329ed28a7a0077add342a4b311ce261fd3ae32',
    );
  });
});
