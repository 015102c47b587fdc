import { describe, expect, it } from 'vitest';
import { LATER, START } from '../../../test/support/attacks/findings-of.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { Environment } from '../../platform/config/environment.js';
import { DetectionRun } from '../detection/detection-run.js';
import { loginAfterFailures } from './login-after-failures.rule.js';

describe('login_after_failures', () => {
  it.each([
    [9, 0],
    [10, 1],
  ])('after %i failures in a row finds %i', (failures, found) => {
    const [login] = trailOf(
      [{ at: 0, kind: 'login', account: 'owner', address: '192.0.2.1', password: 'right' }],
      START,
    );
    const entry = {
      ...login!,
      type: 'authn_login_successafterfail',
      details: { account: 'digest', failures },
    };
    const run = new DetectionRun([loginAfterFailures(new Environment())], [], LATER);
    expect(run.judge([entry], '').findings).toHaveLength(found);
  });
});
