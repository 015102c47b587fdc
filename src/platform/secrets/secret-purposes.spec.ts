import { describe, expect, it } from 'vitest';
import { SecretPurposes } from './secret-purposes.js';

describe('the purposes of secrets', () => {
  it('have one owner each', () => {
    const purposes = new SecretPurposes();
    purposes.register('password_reset');
    purposes.register('invitation');
    expect(() => purposes.register('password_reset')).toThrow('password_reset is registered twice');
  });

  it('may be used by others, whichever is constructed first', () => {
    const purposes = new SecretPurposes();
    purposes.use('password_reset');
    purposes.register('password_reset');
    purposes.use('password_reset');
    expect(() => purposes.onApplicationBootstrap()).not.toThrow();
  });

  it('stop the start when one is used that nobody registered', () => {
    const purposes = new SecretPurposes();
    purposes.register('invitation');
    purposes.use('password_reset');
    expect(() => purposes.onApplicationBootstrap()).toThrow('without an owner: password_reset');
  });
});
