import { describe, expect, it } from 'vitest';
import { SecretPurposes } from './secret-purposes.js';

describe('The purposes of secrets', () => {
  it('have exactly one owner each', () => {
    const purposes = new SecretPurposes();
    purposes.register('password_reset');
    purposes.register('invitation');
    expect(() => purposes.register('password_reset')).toThrow('password_reset is registered twice');
  });

  it('may be used by other classes, in any order of construction', () => {
    const purposes = new SecretPurposes();
    purposes.use('password_reset');
    purposes.register('password_reset');
    purposes.use('password_reset');
    expect(() => purposes.onApplicationBootstrap()).not.toThrow();
  });

  it('prevent the start if one is used that is not registered', () => {
    const purposes = new SecretPurposes();
    purposes.register('invitation');
    purposes.use('password_reset');
    expect(() => purposes.onApplicationBootstrap()).toThrow('without an owner: password_reset');
  });
});
