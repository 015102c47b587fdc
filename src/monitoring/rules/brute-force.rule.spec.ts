import { describe, expect, it } from 'vitest';
import { LATER, START, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { Environment } from '../../platform/config/environment.js';
import { DetectionRun } from '../detection/detection-run.js';
import { bruteForce } from './brute-force.rule.js';

const rule = bruteForce(Object.assign(new Environment(), { DETECT_BRUTE_FORCE: '4/60' }));
const guess = { kind: 'login', account: 'victim', address: '192.0.2.1', password: 'wrong' } as const;

describe('brute_force', () => {
  it('is true from the fourth failure on, and counts every later one', () => {
    expect(
      findingsOf(
        [rule],
        spread(3, 30, () => guess),
      ),
    ).toEqual([]);
    const [finding] = findingsOf(
      [rule],
      spread(6, 30, () => guess),
    );
    expect(finding).toMatchObject({ count: 3, evidence: { counted: 6, addresses: ['192.0.2.1'] } });
  });

  it('is not true when the first failure is as old as the window', () => {
    expect(
      findingsOf(
        [rule],
        [0, 20, 40, 60].map((s) => ({ ...guess, at: s * 1000 })),
      ),
    ).toEqual([]);
    expect(
      findingsOf(
        [rule],
        [0, 20, 40, 59.999].map((s) => ({ ...guess, at: s * 1000 })),
      ),
    ).toHaveLength(1);
  });

  it('evaluates accounts and addresses separately', () => {
    expect(
      findingsOf(
        [rule],
        spread(6, 30, (i) => ({ ...guess, account: `victim-${i % 2}` })),
      ),
    ).toEqual([]);
    expect(
      findingsOf(
        [rule],
        spread(6, 30, (i) => ({ ...guess, address: `192.0.2.${i % 2}` })),
      ),
    ).toEqual([]);
  });

  it('counts attempts that the limit refused after failures, and not those after a login', () => {
    const refusedAfterFailures = spread(12, 6, () => guess);
    expect(findingsOf([rule], refusedAfterFailures)[0]?.evidence.counted).toBe(12);
    const refusedAfterLogins = spread(12, 6, () => ({ ...guess, password: 'right' as const }));
    expect(findingsOf([rule], refusedAfterLogins)).toEqual([]);
  });

  it('passes an address to responses for its guesses, not for attempts that only the wait of the account refused', () => {
    const guesses = trailOf(
      spread(5, 30, () => guess),
      START,
    );
    const addressesIn = (entries: AuditEntry[]) =>
      new DetectionRun([rule], [], LATER).judge(entries, '').findings[0]?.addresses;
    expect(addressesIn(guesses)).toEqual(['192.0.2.1']);
    expect(addressesIn(guesses.map((entry) => ({ ...entry, type: 'authn_login_lock' })))).toEqual([]);
  });
});
