import { describe, expect, it } from 'vitest';
import { User } from '../../users/user.entity.js';
import type { UserWithHash } from '../credentials/passwords/password-credentials.repository.js';
import { HASH_CHANGED, retryWhileHashChanges } from './compared-password.js';

const withHash = (hash: string | null): UserWithHash => ({
  user: Object.assign(new User(), { id: 'the user' }),
  hash,
});

/** Compares with an account that is read in these states one after the other; hashes with an exclamation mark match. */
async function compared(states: readonly (UserWithHash | null)[], usable: string | null) {
  const comparisons: (string | null)[] = [];
  const used: string[] = [];
  const later = states.slice(1);
  const verdict = await retryWhileHashChanges(states[0]!, {
    isRight: async (found) => {
      comparisons.push(found?.hash ?? null);
      return found?.hash?.endsWith('!') === true;
    },
    reread: async () => later.shift() ?? null,
    use: async ({ userId, hash }) => {
      used.push(hash);
      return hash === usable ? `${userId} signed in` : HASH_CHANGED;
    },
  });
  return { ...verdict, comparisons, used };
}

describe('a password', () => {
  it('that is right is used with the hash that was compared', async () => {
    const first = withHash('old!');
    expect(await compared([first], 'old!')).toEqual({
      isRight: true,
      result: 'the user signed in',
      comparisons: ['old!'],
      used: ['old!'],
    });
  });

  it('that is wrong is not used', async () => {
    const first = withHash('other');
    expect(await compared([first], 'other')).toMatchObject({ isRight: false, found: first, used: [] });
  });

  it('is compared again if a concurrent login renewed its hash', async () => {
    const renewed = withHash('renewed!');
    expect(await compared([withHash('old!'), renewed], 'renewed!')).toMatchObject({
      result: 'the user signed in',
      used: ['old!', 'renewed!'],
    });
  });

  it('is wrong if the account has another one meanwhile', async () => {
    const changed = withHash('other');
    expect(await compared([withHash('old!'), changed], null)).toMatchObject({
      isRight: false,
      found: changed,
      used: ['old!'],
    });
  });

  it('is wrong if the account is gone meanwhile, without another comparison', async () => {
    expect(await compared([withHash('old!'), null], null)).toMatchObject({
      isRight: false,
      found: null,
      comparisons: ['old!'],
    });
  });

  it('is not compared for ever with a hash that is not accepted', async () => {
    expect(await compared([withHash('old!'), withHash('old!')], null)).toMatchObject({
      isRight: false,
      used: ['old!'],
    });
  });
});
