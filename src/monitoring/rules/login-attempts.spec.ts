import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { LoginAttempts } from './login-attempts.js';
import { occurrenceOf } from './occurrence.js';

const A_DAY_MS = 86_400_000;

function entry(type: string, details: Record<string, unknown> = { account: 'digest' }): AuditEntry {
  return { type, details, address: '192.0.2.1', time: '2026-11-23T09:00:00.000Z' } as unknown as AuditEntry;
}

const read = (attempts: LoginAttempts, one: AuditEntry) => attempts.read(one, Date.parse(one.time));

const refusal = (details: Record<string, unknown>) => entry('excess_rate_limit_exceeded', details);

const REFUSED_LOGIN = refusal({ account: 'digest', policies: ['login'], logins: 1 });

describe('LoginAttempts', () => {
  it.each([
    ['authn_login_success', { failed: false, evaluated: true }],
    ['authn_login_fail', { failed: true, evaluated: true }],
    ['authn_login_lock', { failed: true, evaluated: false }],
  ])('reads %s', (type, outcome) => {
    expect(read(new LoginAttempts(), entry(type))).toEqual({ account: 'digest', ...outcome });
  });

  it.each([
    ['a login that a limit of its account refused', { policies: ['login-address', 'login'], logins: 1 }],
    [
      'a group of refusals that has logins among others',
      { policies: ['mail', 'login'], count: 30, logins: 2 },
    ],
    ['a refusal of an earlier release by a limit of logins', { policies: ['login'] }],
  ])('reads %s', (_, details) => {
    expect(read(new LoginAttempts(), refusal({ account: 'digest', ...details }))).toEqual({
      account: 'digest',
      failed: true,
      evaluated: false,
    });
  });

  it.each([['mail'], ['mail-address'], ['address'], ['blocked-address']])(
    'ignores the refusal of a request for a mail by the policy %s',
    (policy) => {
      expect(read(new LoginAttempts(), refusal({ account: 'digest', policies: [policy] }))).toBeNull();
    },
  );

  it.each([['address'], ['login-address']])(
    'counts a login that only the policy %s refused if the caller has entered a wrong password for the account',
    (policy) => {
      const attempts = new LoginAttempts();
      const refused = () =>
        read(attempts, refusal({ account: 'digest', policies: [policy], count: 3, logins: 3 }))?.failed;
      expect(refused()).toBeUndefined();
      read(attempts, entry('authn_login_fail'));
      expect(refused()).toBe(true);
    },
  );

  it('counts a login that only login-address refused if the passwords that were checked from there were guesses', () => {
    const attempts = new LoginAttempts();
    const login = (type: string, account: string) => read(attempts, entry(type, { account }));
    const refused = (policy = 'login-address') =>
      read(attempts, refusal({ account: 'digest', policies: [policy], logins: 1 }))?.failed;
    for (const account of ['a', 'b', 'c']) login('authn_login_fail', account);
    expect(refused()).toBeUndefined();
    login('authn_login_fail', 'd');
    expect(refused()).toBe(true);
    expect(refused('address')).toBeUndefined();
    for (const account of ['e', 'f']) login('authn_login_success', account);
    expect(refused()).toBeUndefined();
  });

  it('forgets guesses after twenty minutes, also if an instance whose clock is ahead has recorded an entry', () => {
    const attempts = new LoginAttempts();
    const nowMs = Date.parse('2026-11-23T09:00:00.000Z');
    const readAt = (atMs: number, { recordedMs = atMs, ...read }: AuditEntry & { recordedMs?: number }) =>
      occurrenceOf({ ...read, time: new Date(recordedMs).toISOString() }, attempts, atMs).attempt;
    readAt(nowMs, { ...entry('authn_login_success', { account: 'ahead' }), recordedMs: nowMs + A_DAY_MS });
    for (const account of ['a', 'b', 'c', 'd']) readAt(nowMs, entry('authn_login_fail', { account }));
    const refused = refusal({ account: 'digest', policies: ['login-address'], logins: 1 });
    expect(readAt(nowMs, refused)?.failed).toBe(true);
    expect(readAt(nowMs + 1_200_000, refused)).toBeNull();
  });

  it('ignores other events, and refusals that name no account', () => {
    const attempts = new LoginAttempts();
    expect(read(attempts, entry('user_create_fail'))).toBeNull();
    expect(read(attempts, refusal({ policies: ['default'] }))).toBeNull();
    expect(read(attempts, refusal({ policies: ['login'], count: 30, logins: 30 }))).toBeNull();
  });

  it('ignores refusals after a login of the same caller, which were probably not guesses', () => {
    const attempts = new LoginAttempts();
    const refused = (address = '192.0.2.1') => read(attempts, { ...REFUSED_LOGIN, address });
    read(attempts, entry('authn_login_success'));
    expect(refused()).toBeNull();
    expect(refused('192.0.2.2')?.failed).toBe(true);
    read(attempts, entry('authn_login_fail'));
    expect(refused()?.failed).toBe(true);
  });
});
