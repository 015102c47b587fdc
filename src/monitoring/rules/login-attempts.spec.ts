import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { LoginAttempts } from './login-attempts.js';

function entry(type: string, details: Record<string, unknown> = { account: 'digest' }): AuditEntry {
  return { type, details, address: '192.0.2.1' } as unknown as AuditEntry;
}

describe('LoginAttempts', () => {
  it.each([
    ['authn_login_success', false],
    ['authn_login_fail', true],
    ['authn_login_lock', true],
    ['excess_rate_limit_exceeded', true],
  ])('reads %s', (type, failed) => {
    expect(new LoginAttempts().read(entry(type))).toEqual({ account: 'digest', failed });
  });

  it('ignores other events, and refusals that name no account', () => {
    const attempts = new LoginAttempts();
    expect(attempts.read(entry('user_create_fail'))).toBeNull();
    expect(attempts.read(entry('excess_rate_limit_exceeded', { policies: ['default'] }))).toBeNull();
  });

  it('gives a refused attempt the outcome of the previous attempt by the same caller', () => {
    const attempts = new LoginAttempts();
    const refused = () => attempts.read(entry('excess_rate_limit_exceeded'))?.failed;
    attempts.read(entry('authn_login_success'));
    expect(refused()).toBe(false);
    expect(attempts.read({ ...entry('excess_rate_limit_exceeded'), address: '192.0.2.2' })?.failed).toBe(
      true,
    );
    attempts.read(entry('authn_login_fail'));
    expect(refused()).toBe(true);
  });
});
