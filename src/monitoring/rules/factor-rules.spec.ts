import { describe, expect, it } from 'vitest';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { LATER, START } from '../../../test/support/attacks/findings-of.js';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { Environment } from '../../platform/config/environment.js';
import { DetectionRun } from '../detection/detection-run.js';
import { factorGuessing } from './factor-guessing.rule.js';
import { factorRemoved } from './factor-removed.rule.js';
import { passkeyCloned } from './passkey-cloned.rule.js';
import type { Rule } from './rule.js';

const USER = '019a0000-0000-7000-8000-000000000001';

/** Entries of one type about one user, a given number of seconds apart. */
function entries(n: number, seconds: number, entry: Partial<AuditEntry>): AuditEntry[] {
  const acts = Array.from({ length: n }, (_, i) => ({
    at: i * seconds * 1000,
    kind: 'grant' as const,
    account: 'victim',
    role: 'admin' as const,
  }));
  return trailOf(acts, START).map((one) => ({ ...one, userId: USER, ...entry }));
}

const findings = (rule: Rule, trail: readonly AuditEntry[]) =>
  new DetectionRun([rule], [], LATER).judge([...trail], '').findings;

const WRONG = {
  type: 'authn_factor_fail',
  outcome: 'failure',
  reason: 'invalid_code',
  details: { method: 'totp' },
} as const;
const REFUSED = {
  type: 'excess_rate_limit_exceeded',
  outcome: 'failure',
  reason: 'rate_limited',
  details: { policies: ['factor'], retryAfterSeconds: 1 },
} as const;

describe('factor_guessing', () => {
  const rule = factorGuessing(new Environment());

  it('is true from the tenth wrong code in ten minutes on', () => {
    expect(findings(rule, entries(9, 10, WRONG))).toEqual([]);
    expect(findings(rule, entries(10, 10, WRONG))).toMatchObject([
      { subject: `user:${USER}`, evidence: { counted: 10 } },
    ]);
    expect(findings(rule, entries(10, 70, WRONG))).toEqual([]);
  });

  it('counts refused codes like wrong ones, also those that are recorded together', () => {
    expect(findings(rule, [...entries(5, 10, WRONG), ...entries(5, 10, REFUSED)])).toHaveLength(1);
    const together = { ...REFUSED, details: { ...REFUSED.details, count: 8 } };
    expect(findings(rule, [...entries(2, 10, WRONG), ...entries(1, 10, together)])).toHaveLength(1);
  });

  it('is not true of invalid challenges, other accounts and other limits', () => {
    expect(findings(rule, entries(20, 1, { ...WRONG, reason: 'invalid_challenge' }))).toEqual([]);
    expect(findings(rule, entries(20, 1, { ...WRONG, userId: null }))).toEqual([]);
    const others = entries(20, 1, WRONG).map((entry, n) => ({ ...entry, userId: `${USER}${n % 3}` }));
    expect(findings(rule, others)).toEqual([]);
    const byDefault = { ...REFUSED, details: { policies: ['default'], retryAfterSeconds: 1 } };
    expect(findings(rule, entries(20, 1, byDefault))).toEqual([]);
  });
});

describe('factor_removed', () => {
  const removed = (roles: string[]): Partial<AuditEntry> => ({
    type: 'user_factor_removed',
    details: { factorId: USER, factorType: 'totp', factors: 0, roles },
  });

  it('is true of administrators, and of nobody else', () => {
    expect(findings(factorRemoved(), entries(1, 1, removed(['user', 'admin'])))).toMatchObject([
      { subject: `user:${USER}`, evidence: { factorsLeft: 0 } },
    ]);
    expect(findings(factorRemoved(), entries(1, 1, removed(['user', 'auditor'])))).toEqual([]);
  });
});

describe('passkey_cloned', () => {
  it('is true once a counter has not risen', () => {
    const cloned = {
      type: 'authn_passkey_cloned',
      outcome: 'failure',
      details: { factorId: USER, counter: 4, storedCounter: 7 },
    } as const;
    expect(findings(passkeyCloned(), entries(1, 1, cloned))).toMatchObject([
      { subject: `user:${USER}`, evidence: { factorId: USER, counter: 4, storedCounter: 7 } },
    ]);
  });
});
