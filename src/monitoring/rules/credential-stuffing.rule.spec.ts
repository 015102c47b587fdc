import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { Environment } from '../../platform/config/environment.js';
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

  it('counts the failures on one account once, so that old devices do not outweigh the logins of others', () => {
    const acts = spread(29, 40, (i) => (i < 4 ? attempt(10 + i, 'right') : attempt(i % 5, 'wrong')));
    expect(findingsOf([rule], acts)).toEqual([]);
  });

  it('counts the logins to one account once, so that an account of the attacker hides nothing', () => {
    const acts = spread(16, 40, (i) => (i % 2 === 0 ? attempt(i, 'wrong') : attempt(1, 'right')));
    expect(findingsOf([rule], acts)).toMatchObject([{ evidence: { counted: 8 } }]);
    expect(findingsOf([rule], acts)[0]?.evidence.summary).toBe(
      '8 logins to 8 accounts from one address failed within 60 s; accounts with a successful one: 1.',
    );
  });
});
