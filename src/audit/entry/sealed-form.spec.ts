import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../audit-entry.js';
import { canonicalEntry, canonicalJson } from './canonical-entry.js';
import { originOwner, splitDetails } from './personal-members.js';
import { commitmentsOf, NO_PROOF, sealedText } from './sealed-form.js';

const ENTRY: AuditEntry = {
  id: '0197a1b2-0000-7000-8000-000000000001',
  time: '2025-06-24T00:00:00.000Z',
  type: 'authn_login_fail',
  kind: 'event',
  outcome: 'failure',
  reason: 'wrong_password',
  userId: '0197a1b2-0000-7000-8000-00000000000a',
  sessionId: null,
  address: '203.0.113.7',
  userAgent: 'curl/8.5.0',
  requestId: 'request-1',
  method: null,
  route: null,
  status: null,
  durationMs: null,
  details: { account: 'ab12', zeta: 1, alpha: [2] },
};
const PROOF = { ...NO_PROOF, originSalt: '5a'.repeat(16), detailsSalt: 'a5'.repeat(16) };

describe('The sealed form of an entry', () => {
  it('is its canonical text in format 1', () => {
    expect(sealedText(ENTRY, NO_PROOF)).toBe(canonicalEntry(ENTRY));
  });

  it('contains no personal member in format 2, and is canonical', () => {
    const text = sealedText(ENTRY, PROOF);
    expect(text).not.toMatch(/203\.0|curl|ab12|"address"|"userAgent"|"account"/);
    expect(text).toBe(canonicalJson(JSON.parse(text)));
  });

  it('stays the same when the personal members are replaced by their commitments', () => {
    fc.assert(
      fc.property(
        fc.option(fc.string()),
        fc.option(fc.string()),
        fc.dictionary(fc.constantFrom('account', 'auditReason', 'pointers', 'method'), fc.string()),
        (address, userAgent, details) => {
          const entry = { ...ENTRY, address, userAgent, details };
          const { origin, details: committed } = commitmentsOf(entry, PROOF);
          const erased = { ...entry, address: null, userAgent: null, details: splitDetails(details).open };
          const proof = { ...NO_PROOF, originCommitment: origin, detailsCommitment: committed };
          expect(sealedText(erased, proof)).toBe(sealedText(entry, PROOF));
        },
      ),
    );
  });

  it('changes with every personal member', () => {
    const text = sealedText(ENTRY, PROOF);
    for (const change of [{ address: null }, { userAgent: 'curl/8.5.1' }, { details: { account: 'ab13' } }])
      expect(sealedText({ ...ENTRY, ...change }, PROOF)).not.toBe(text);
  });
});

describe('The origin of an entry', () => {
  const owner = (details: AuditEntry['details']) => originOwner({ ...ENTRY, details });

  it('is that of the person the entry is about, unless somebody else acted', () => {
    expect(owner(null)).toBe(ENTRY.userId);
    expect(owner({ actorId: 'an administrator' })).toBe('an administrator');
    expect(owner({ actor: 'cli', operator: 'root' })).toBeNull();
  });
});
