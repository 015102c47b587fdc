import { describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { PolicyTable } from './policy-table.js';

const tableWith = (variables: Partial<Environment>) =>
  new PolicyTable(Object.assign(new Environment(), { RATE_LIMIT_DEFAULT: '100/60' }, variables));

describe('PolicyTable', () => {
  it('has the limits of the contract', () => {
    expect(
      tableWith({}).policies.map(({ name, limit, windowSeconds, exact }) => [
        name,
        limit,
        windowSeconds,
        exact,
      ]),
    ).toEqual([
      ['default', 100, 60, false],
      ['address', 1000, 60, false],
      ['key', 100, 60, false],
      ['login', 5, 60, true],
      ['login-address', 30, 60, true],
      ['register', 10, 60, true],
      ['refresh', 30, 60, true],
      ['mail', 3, 3600, true],
      ['mail-address', 10, 3600, true],
      ['secret', 10, 60, true],
      ['factor', 5, 300, true],
      ['passkey', 30, 60, true],
      ['gate', 6000, 60, false],
    ]);
  });

  it('follows the variable of each policy', () => {
    const table = tableWith({ RATE_LIMIT_LOGIN: '7/3600', RATE_LIMIT_REFRESH: 'off' });
    expect(table.find('login')).toMatchObject({ limit: 7, windowSeconds: 3600 });
    expect(table.find('refresh')).toBeUndefined();
    expect(table.isOff('refresh')).toBe(true);
    expect(table.isOff('login')).toBe(false);
  });
});
