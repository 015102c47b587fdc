import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { Environment } from '../../platform/config/environment.js';
import { rateLimitStorm } from './rate-limit-storm.rule.js';

const rule = rateLimitStorm(Object.assign(new Environment(), { DETECT_RATE_LIMIT_STORM: '20/60' }));
const request = { kind: 'request', address: '192.0.2.1' } as const;

describe('rate_limit_storm', () => {
  it('is true from the twentieth refusal of one caller on', () => {
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
});
