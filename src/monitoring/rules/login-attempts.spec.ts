import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { LoginAttempts } from './login-attempts.js';

function entry(type: string, details: Record<string, unknown> = { account: 'digest' }): AuditEntry {
  return { type, details, address: '192.0.2.1', time: '2026-11-23T09:00:00.000Z' } as unknown as AuditEntry;
}

const refusal = (details: Record<string, unknown>) => entry('excess_rate_limit_exceeded', details);

const REFUSED_LOGIN = refusal({ account: 'digest', policies: ['login'], logins: 1 });

describe('LoginAttempts', () => {
  it.each([
    ['authn_login_success', { failed: false, evaluated: true }],
    ['authn_login_fail', { failed: true, evaluated: true }],
    ['authn_login_lock', { failed: true, evaluated: false }],
  ])('reads %s', (type, outcome) => {
    expect(new LoginAttempts().read(entry(type))).toEqual({ account: 'digest', ...outcome });
  });

  it.each([
    ['a login that a limit of its account refused', { policies: ['login-address', 'login'], logins: 1 }],
    [
      'a group of refusals that has logins among others',
      { policies: ['mail', 'login'], count: 30, logins: 2 },
    ],
    ['a refusal of an earlier release by a limit of logins', { policies: ['login'] }],
  ])('reads %s', (_, details) => {
    expect(new LoginAttempts().read(refusal({ account: 'digest', ...details }))).toEqual({
      account: 'digest',
      failed: true,
      evaluated: false,
    });
  });

  it.each([['mail'], ['mail-address'], ['address'], ['blocked-address']])(
    'ignores the refusal of a request for a mail by the policy %s',
    (policy) => {
      expect(new LoginAttempts().read(refusal({ account: 'digest', policies: [policy] }))).toBeNull();
    },
  );

  it.each([['address'], ['login-address']])(
    'counts a login that only the policy %s refused if the caller has entered a wrong password for the account',
    (policy) => {
      const attempts = new LoginAttempts();
      const refused = () =>
        attempts.read(refusal({ account: 'digest', policies: [policy], count: 3, logins: 3 }))?.failed;
      expect(refused()).toBeUndefined();
      attempts.read(entry('authn_login_fail'));
      expect(refused()).toBe(true);
    },
  );

  it('counts a login that only login-address refused if the passwords that were checked from there were guesses', () => {
    const attempts = new LoginAttempts();
    const login = (type: string, account: string) => attempts.read(entry(type, { account }));
    const refused = (policy = 'login-address') =>
      attempts.read(refusal({ account: 'digest', policies: [policy], logins: 1 }))?.failed;
    for (const account of ['a', 'b', 'c']) login('authn_login_fail', account);
    expect(refused()).toBeUndefined();
    login('authn_login_fail', 'd');
    expect(refused()).toBe(true);
    expect(refused('address')).toBeUndefined();
    for (const account of ['e', 'f']) login('authn_login_success', account);
    expect(refused()).toBeUndefined();
  });

  it('ignores other events, and refusals that name no account', () => {
    const attempts = new LoginAttempts();
    expect(attempts.read(entry('user_create_fail'))).toBeNull();
    expect(attempts.read(refusal({ policies: ['default'] }))).toBeNull();
    expect(attempts.read(refusal({ policies: ['login'], count: 30, logins: 30 }))).toBeNull();
  });

  it('ignores refusals after a login of the same caller, which were probably not guesses', () => {
    const attempts = new LoginAttempts();
    const refused = (address = '192.0.2.1') => attempts.read({ ...REFUSED_LOGIN, address });
    attempts.read(entry('authn_login_success'));
    expect(refused()).toBeNull();
    expect(refused('192.0.2.2')?.failed).toBe(true);
    attempts.read(entry('authn_login_fail'));
    expect(refused()?.failed).toBe(true);
  });
});
