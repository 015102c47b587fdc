import type { UserWithHash } from '../credentials/passwords/password-credentials.repository.js';

/** How a typed password is compared with an account, and what happens if it is right. */
export interface Comparison<T> {
  /** Compares the password with the account's. Null means that there is no account; the comparison takes as long. */
  readonly isRight: (found: UserWithHash | null) => Promise<boolean>;
  /** Reads the account again. */
  readonly reread: () => Promise<UserWithHash | null>;
  /** Returns null if the account no longer has the hash that was compared. */
  readonly use: (compared: { readonly userId: string; readonly hash: string }) => Promise<T | null>;
}

/** The result of a comparison. */
export interface ComparedPassword<T> {
  /** What `use` returned; null if the password is wrong. */
  readonly result: T | null;
  /** The account as it was read last; null if there is none. */
  readonly found: UserWithHash | null;
}

/**
 * Calls `use` while the password is right and the account has changed since it was compared. A changed hash does not mean
 * another password: a concurrent login may only have renewed it. Therefore the password is compared again.
 */
export async function whileRight<T>(
  first: UserWithHash | null,
  { isRight, reread, use }: Comparison<T>,
): Promise<ComparedPassword<T>> {
  let found = first;
  while (await isRight(found)) {
    const { user, hash } = found!;
    const result = await use({ userId: user.id, hash: hash! });
    if (result !== null) return { result, found };
    found = await reread();
    if (found === null || found.hash === hash) break;
  }
  return { result: null, found };
}
