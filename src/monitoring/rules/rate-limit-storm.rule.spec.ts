import { describe, expect, it } from 'vitest';
import { LATER, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { Environment } from '../../platform/config/environment.js';
import { DetectionRun } from '../detection/detection-run.js';
import { rateLimitStorm } from './rate-limit-storm.rule.js';

const rule = rateLimitStorm(Object.assign(new Environment(), { DETECT_RATE_LIMIT_STORM: '20/60' }));
const request = { kind: 'request', address: '192.0.2.1' } as const;

describe('rate_limit_storm', () => {
  it('is true from the twentieth refusal per caller', () => {
    expect(
      findingsOf(
        [rule],
        spread(119, 10, () => request),
      ),
    ).toEqual([]);
    expect(
      findingsOf(
        [rule],
        spread(120, 10, () => request),
      ),
    ).toMatchObject([{ subject: 'address:192.0.2.1', count: 1 }]);
  });

  it('counts every one of the refusals recorded together', () => {
    const refusal = (count: number): AuditEntry => ({
      ...trailOf(
        spread(101, 1, () => request),
        0,
      )[0]!,
      details: { policies: ['default'], retryAfterSeconds: 1, count },
    });
    const found = (count: number) =>
      new DetectionRun([rule], [], LATER).judge([refusal(count)], '').findings.map(({ subject }) => subject);
    expect(found(19)).toEqual([]);
    expect(found(20)).toEqual(['address:192.0.2.1']);
  });

  it('is not true for requests that only a block refused, which it would otherwise prolong', () => {
    const refused = (policies: string[]): AuditEntry => ({
      ...trailOf(
        spread(101, 1, () => request),
        0,
      )[0]!,
      details: { policies, retryAfterSeconds: 900, count: 500 },
    });
    const found = (policies: string[]) =>
      new DetectionRun([rule], [], LATER).judge([refused(policies)], '').findings.length;
    expect([found(['blocked-address']), found(['blocked-address', 'default'])]).toEqual([0, 1]);
  });
});
