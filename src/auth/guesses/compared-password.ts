import type { UserWithHash } from '../credentials/passwords/password-credentials.repository.js';

/** Says that the account no longer has the hash that was compared. */
export const HASH_CHANGED = Symbol('hash changed');

/** A password that was found right. */
export interface RightPassword {
  readonly userId: string;
  /** The hash with which it was compared. */
  readonly hash: string;
}

/** How a typed password is compared with an account, and what happens if it is right. */
export interface Comparison<T, R extends RightPassword = RightPassword> {
  /** Compares the password with the account's. Null means that there is no account; the comparison takes as long. */
  readonly isRight: (found: UserWithHash | null) => Promise<boolean>;
  /** Reads the account again. */
  readonly reread: () => Promise<UserWithHash | null>;
  readonly use: (right: R) => Promise<T | typeof HASH_CHANGED>;
}

/** The result of a comparison: what `use` returned, or the account as it was read last, null if there is none. */
export type ComparedPassword<T> =
  | { readonly isRight: true; readonly result: T }
  | { readonly isRight: false; readonly found: UserWithHash | null };

/**
 * Compares a password and calls `use` if it is right; does so again as long as the hash changes in between. A changed
 * hash does not mean another password: a concurrent login may only have renewed it.
 */
export async function retryWhileHashChanges<T>(
  first: UserWithHash | null,
  { isRight, reread, use }: Comparison<T>,
): Promise<ComparedPassword<T>> {
  let found = first;
  while (await isRight(found)) {
    const { user, hash } = found!;
    const result = await use({ userId: user.id, hash: hash! });
    if (result !== HASH_CHANGED) return { isRight: true, result };
    found = await reread();
    if (found === null || found.hash === hash) break;
  }
  return { isRight: false, found };
}
