import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { type Act, spread } from '../../../test/support/attacks/scenario.js';
import { Environment } from '../../platform/config/environment.js';
import { keyAbuse } from './key-abuse.rule.js';

const rule = keyAbuse(
  Object.assign(new Environment(), { DETECT_KEY_ABUSE: '10/60', DETECT_KEY_ABUSE_ADDRESSES: 3 }),
);

const use = (address: number, key = 'stolen', reason: Extract<Act, { kind: 'key' }>['reason'] = 'revoked') =>
  ({ kind: 'key', key, owner: 'owner', reason, address: `192.0.2.${address}` }) as const;

describe('key_abuse', () => {
  it('is true from the tenth refused use of a key, from the third address', () => {
    expect(
      findingsOf(
        [rule],
        spread(9, 40, (i) => use(i % 3)),
      ),
    ).toEqual([]);
    const [finding, ...others] = findingsOf(
      [rule],
      spread(10, 40, (i) => use(i % 3)),
    );
    expect(others).toEqual([]);
    expect(finding!.subject).toMatch(/^key:/);
    expect(finding!.evidence).toMatchObject({ counted: 10, reasons: ['revoked'], serviceAccountId: null });
    expect(finding!.evidence.userIds).toHaveLength(1);
    expect(finding!.evidence.addresses).toHaveLength(3);
  });

  it('is not true of many uses from few addresses, nor of a use from each of many', () => {
    expect(
      findingsOf(
        [rule],
        spread(50, 40, (i) => use(i % 2)),
      ),
    ).toEqual([]);
    expect(
      findingsOf(
        [rule],
        spread(9, 40, (i) => use(i)),
      ),
    ).toEqual([]);
  });

  it('counts every reason of a refusal, and each key for itself', () => {
    const reasons = ['revoked', 'expired', 'forbidden', 'rate_limited'] as const;
    const [finding] = findingsOf(
      [rule],
      spread(12, 40, (i) => use(i % 3, 'stolen', reasons[i % 4])),
    );
    expect(finding!.evidence).toMatchObject({
      reasons: expect.arrayContaining(['revoked', 'forbidden']) as unknown,
    });
    expect(
      findingsOf(
        [rule],
        spread(18, 40, (i) => use(i % 3, `key ${i % 2}`)),
      ),
    ).toEqual([]);
  });

  it('does not count refusals of those who use no key', () => {
    const acts = spread(40, 40, (i) => ({ kind: 'forgery', address: `192.0.2.${i}` }) as const);
    expect(findingsOf([rule], acts)).toEqual([]);
  });
});
