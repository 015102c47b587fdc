import { describe, expect, it } from 'vitest';
import { LATER, START, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { type Act, spread } from '../../../test/support/attacks/scenario.js';
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

  describe('passes to responses', () => {
    const unchanged = bruteForce(Object.assign(new Environment(), { DETECT_BRUTE_FORCE: '10/600' }));
    const OFFICE = '203.0.113.1';
    const MINUTE = 60_000;
    const at = (account: string, password: 'right' | 'wrong', atMs: number) =>
      ({ kind: 'login', account, address: OFFICE, password, at: atMs }) as const;
    const phone = spread(12, 240, () => ({ ...guess, account: 'ada', address: OFFICE }));
    const addressesOf = (acts: Act[]) => {
      const findings = findingsOf(
        [unchanged],
        acts.toSorted((a, b) => a.at - b.at),
      );
      expect(findings).not.toEqual([]);
      return findings.flatMap(({ addresses }) => addresses);
    };

    it('no address whose person signs in to the account from another device', () => {
      const laptop = [0, 1, 2, 3].map((i) => at('ada', 'right', i * MINUTE + 5000));
      expect(addressesOf([...phone, ...laptop])).toEqual([]);
    });

    it('no address of an office that signs in to more accounts than it fails for', () => {
      const colleagues = Array.from({ length: 40 }, (_, i) => at(`colleague ${i}`, 'right', i * 5000 + 2000));
      expect(addressesOf([...phone, ...colleagues])).toEqual([]);
    });

    it('an address of an office whose people signed in before the time of the rule', () => {
      const earlier = Array.from({ length: 40 }, (_, i) => at(`colleague ${i}`, 'right', i * 5000));
      const later = phone.map((act) => ({ ...act, at: act.at + 15 * MINUTE }));
      expect(addressesOf([...earlier, ...later])).toEqual([OFFICE]);
    });

    it('an address that signs in to one account of its own', () => {
      expect(addressesOf([...phone, at('own', 'right', 100)])).toEqual([OFFICE]);
    });

    it('an address that signs in to some accounts of its own and fails for more', () => {
      const own = [0, 1, 2].map((i) => at(`own ${i}`, 'right', 100 + i));
      const others = [0, 1, 2].map((i) => at(`other ${i}`, 'wrong', 200 + i));
      expect(addressesOf([...phone, ...own, ...others])).toEqual([OFFICE]);
    });
  });
});
