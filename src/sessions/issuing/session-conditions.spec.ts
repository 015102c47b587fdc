import { beforeEach, describe, expect, it } from 'vitest';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { User } from '../../users/user.entity.js';
import { SessionErrors } from '../session.errors.js';
import { type SessionConditionName, SessionConditions } from './session-conditions.js';

const PROBLEMS = { verified_email: SessionErrors.forbidden, second_factor: SessionErrors.session_ended };
const NAMES = Object.keys(PROBLEMS) as SessionConditionName[];

describe('the conditions for a session', () => {
  let conditions: SessionConditions;
  let checked: string[];
  let unmet: SessionConditionName[];
  beforeEach(() => {
    conditions = new SessionConditions();
    checked = [];
    unmet = [];
  });

  const register = (name: SessionConditionName) =>
    conditions.register(name, {
      problem: PROBLEMS[name],
      isMet: async () => {
        checked.push(name);
        return !unmet.includes(name);
      },
    });
  const firstUnmet = () => conditions.firstUnmet({} as Transaction, new User(), []);

  it.each([
    ['in the order of the checks', NAMES],
    ['in the reverse order', NAMES.toReversed()],
  ])(
    'tell of the missing verification before a missing factor if they are registered %s',
    async (_, names) => {
      names.forEach(register);
      unmet = NAMES;
      expect(await firstUnmet()).toEqual({ condition: 'verified_email', problem: SessionErrors.forbidden });
    },
  );

  it('are all checked', async () => {
    NAMES.toReversed().forEach(register);
    expect([await firstUnmet(), checked]).toEqual([null, ['verified_email', 'second_factor']]);
  });

  it('apply without one that is not registered', async () => {
    register('second_factor');
    unmet = NAMES;
    expect(await firstUnmet()).toEqual({ condition: 'second_factor', problem: SessionErrors.session_ended });
  });

  it('are not replaced by another registration', () => {
    register('second_factor');
    expect(() => register('second_factor')).toThrow('second_factor is registered twice');
  });
});
