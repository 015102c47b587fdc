import { describe, expect, it } from 'vitest';
import { LATER, START, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { Environment } from '../../platform/config/environment.js';
import { DetectionRun } from '../detection/detection-run.js';
import { credentialStuffing } from './credential-stuffing.rule.js';

const rule = credentialStuffing(
  Object.assign(new Environment(), {
    DETECT_CREDENTIAL_STUFFING: '5/60',
    DETECT_CREDENTIAL_STUFFING_RATIO: '0.8',
  }),
);
const attempt = (account: number, password: 'right' | 'wrong') =>
  ({ kind: 'login', account: `user-${account}`, address: '192.0.2.1', password }) as const;

/** Eight failures, and the given number of logins. */
const withLogins = (logins: number) =>
  spread(8 + logins, 40, (i) => attempt(i, i < logins ? 'right' : 'wrong'));

describe('credential_stuffing', () => {
  it('is true from the fifth account on', () => {
    expect(
      findingsOf(
        [rule],
        spread(8, 40, (i) => attempt(i % 4, 'wrong')),
      ),
    ).toEqual([]);
    const [finding] = findingsOf(
      [rule],
      spread(5, 40, (i) => attempt(i, 'wrong')),
    );
    expect(finding).toMatchObject({ subject: 'address:192.0.2.1', count: 1 });
    expect(finding?.evidence.accounts).toHaveLength(5);
  });

  it('is true only while at least 80 % fail', () => {
    expect(findingsOf([rule], withLogins(2))).toHaveLength(1);
    expect(findingsOf([rule], withLogins(3))).toEqual([]);
  });

  it('is true of an address that a strict limit admits for ten accounts in ten minutes', () => {
    const strict = credentialStuffing(new Environment());
    const trail = trailOf(
      spread(60, 500, (i) => attempt(i, i === 5 ? 'right' : 'wrong')),
      START,
    );
    const admitted = trail.slice(0, 10);
    const refused = trail.slice(10).map((entry): AuditEntry => ({
      ...entry,
      type: 'excess_rate_limit_exceeded',
      details: { account: entry.details!['account'], policies: ['login-address'], logins: 1 },
    }));
    expect(new DetectionRun([strict], [], LATER).judge([...admitted, ...refused], '').findings).toMatchObject(
      [{ subject: 'address:192.0.2.1' }],
    );
  });

  it('counts five logins to one account at most, so that an account of the attacker hides nothing', () => {
    const acts = spread(64, 40, (i) => (i % 2 === 0 ? attempt(i, 'wrong') : attempt(1, 'right')));
    expect(findingsOf([rule], acts)[0]?.evidence.summary).toBe(
      '32 of 37 logins from one address failed within 60 s, on 32 accounts.',
    );
  });
});
