import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { privilegeGranted } from './privilege-granted.rule.js';

const grant = (role: 'user' | 'auditor' | 'admin') =>
  ({ at: 0, kind: 'grant', account: 'climber', role }) as const;

describe('privilege_granted', () => {
  it.each(['auditor', 'admin'] as const)('is true when somebody becomes %s', (role) => {
    expect(findingsOf([privilegeGranted()], [grant(role)])).toHaveLength(1);
  });

  it('is not true of the role that everybody has', () => {
    expect(findingsOf([privilegeGranted()], [grant('user')])).toEqual([]);
  });
});
