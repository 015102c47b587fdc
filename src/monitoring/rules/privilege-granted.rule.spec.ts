import { describe, expect, it } from 'vitest';
import { LATER, findingsOf, START } from '../../../test/support/attacks/findings-of.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { DetectionRun } from '../detection/detection-run.js';
import { privilegeGranted } from './privilege-granted.rule.js';

const grant = (role: 'user' | 'auditor' | 'admin') =>
  ({ at: 0, kind: 'grant', account: 'climber', role }) as const;

describe('privilege_granted', () => {
  it.each(['auditor', 'admin'] as const)('is true when somebody becomes %s', (role) => {
    expect(findingsOf([privilegeGranted()], [grant(role)])).toHaveLength(1);
  });

  it('is not true of the default role', () => {
    expect(findingsOf([privilegeGranted()], [grant('user')])).toEqual([]);
  });

  it.each([
    [
      { actor: 'cli', operator: 'ada', auditReason: 'ticket 7' },
      { grantedBy: 'ada', auditReason: 'ticket 7' },
    ],
    [
      { actorId: '019a0000-0000-7000-8000-000000000001' },
      { grantedBy: '019a0000-0000-7000-8000-000000000001' },
    ],
    [{}, { grantedBy: null }],
  ])('reports who granted which role: %j', (actor, evidence) => {
    const entries = trailOf([grant('admin')], START).map((entry) => ({
      ...entry,
      details: { ...entry.details, ...actor },
    }));
    const { findings } = new DetectionRun([privilegeGranted()], [], LATER).judge(entries, '');
    expect(findings).toMatchObject([{ evidence: { granted: ['admin'], ...evidence } }]);
    expect('auditReason' in findings[0]!.evidence).toBe('auditReason' in actor);
  });
});
