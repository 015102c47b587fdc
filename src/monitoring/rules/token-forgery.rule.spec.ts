import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { Environment } from '../../platform/config/environment.js';
import { tokenForgery } from './token-forgery.rule.js';

const rule = tokenForgery(Object.assign(new Environment(), { DETECT_TOKEN_FORGERY: '5/60' }));

describe('token_forgery', () => {
  it('is true from the fifth token with a bad signature per address', () => {
    const forgery = { kind: 'forgery', address: '192.0.2.1' } as const;
    expect(
      findingsOf(
        [rule],
        spread(4, 40, () => forgery),
      ),
    ).toEqual([]);
    expect(
      findingsOf(
        [rule],
        spread(5, 40, () => forgery),
      ),
    ).toMatchObject([{ subject: 'address:192.0.2.1' }]);
  });

  it('evaluates addresses separately', () => {
    const acts = spread(8, 40, (i) => ({ kind: 'forgery', address: `192.0.2.${i % 2}` }) as const);
    expect(findingsOf([rule], acts)).toEqual([]);
  });
});
