import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../audit-entry.js';
import { summaryOf } from './summary.js';

const refusal = (parts: Partial<AuditEntry>) =>
  summaryOf({
    type: 'excess_rate_limit_exceeded',
    userId: '019a0000-0000-7000-8000-000000000001',
    sessionId: null,
    userAgent: null,
    address: '192.0.2.1',
    details: { policies: ['login'], retryAfterSeconds: 1 },
    ...parts,
  } as AuditEntry);

describe('the summary of a refusal by a limit', () => {
  it('does not say that the owner sent what anybody could have sent', () => {
    expect(refusal({})).toBe(
      'Too many sign-ins or other requests about the account were sent from 192.0.2.0/24',
    );
  });

  it.each([
    ['a session', { sessionId: '019a0000-0000-7000-8000-000000000002' }],
    ['a key', { details: { policies: ['key'], retryAfterSeconds: 1, keyId: 'one' } as never }],
  ])('says that the owner exceeded a limit in %s', (_what, parts) => {
    expect(refusal(parts)).toBe('Exceeded a request limit from 192.0.2.0/24');
  });
});
