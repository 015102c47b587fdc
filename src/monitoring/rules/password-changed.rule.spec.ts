import { describe, expect, it } from 'vitest';
import { START } from '../../../test/support/attacks/findings-of.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { DetectionRun } from '../detection/detection-run.js';
import { passwordChanged } from './password-changed.rule.js';

describe('password_changed', () => {
  it.each([
    ['success', 1],
    ['failure', 0],
  ] as const)('on %s finds %i', (outcome, found) => {
    const [login] = trailOf(
      [{ at: 0, kind: 'login', account: 'owner', address: '192.0.2.1', password: 'right' }],
      START,
    );
    const entry = { ...login!, type: 'authn_password_change', outcome, details: {} };
    expect(new DetectionRun([passwordChanged()], []).judge([entry], '').findings).toHaveLength(found);
  });
});
