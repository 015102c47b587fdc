import { afterAll, describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { PasswordPolicy } from '../credentials/passwords/password-policy.js';
import { StrengthEstimator } from '../credentials/passwords/strength-estimator.js';
import { passwordTextFault } from '../credentials/passwords/password.decorator.js';
import { PASSWORD_FAULTS } from './shared-words.js';

describe('why a new password is refused', () => {
  const environment = Object.assign(new Environment(), { PASSWORD_MIN_LENGTH: 15 });
  const estimator = new StrengthEstimator();
  const policy = new PasswordPolicy(environment, estimator);
  afterAll(() => estimator.onApplicationShutdown());

  const reasonsFor = (sentence: string | null) =>
    Object.entries(PASSWORD_FAULTS).flatMap(([fault, phrase]) => (sentence?.includes(phrase) ? [fault] : []));

  it.each([
    ['too short', ['short']],
    ['correct horse battery staple', ['listed']],
    ['ada.lovelace@engines.example', ['guessable', 'context']],
    ['aaaaaaaaaaaaaaaaaaaa', ['guessable', 'repetition']],
    ['abcdefghijklmnopqrst', ['guessable', 'sequence']],
    ['2019-03-12 2020-04', ['guessable', 'date']],
  ])('is known to the pages for %j', async (password, reasons) => {
    const found = reasonsFor(await policy.faultOf(password, 'ada.lovelace@engines.example'));
    expect(found).toEqual(expect.arrayContaining(reasons));
  });

  it('is known to the pages for what is no text', () => {
    expect(reasonsFor(passwordTextFault('\ud800'))).toEqual(['unreadable']);
  });
});
